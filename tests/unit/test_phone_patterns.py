"""The rules that are sent for a country's numbers are small, in order, and as documented."""

from __future__ import annotations

import itertools
import json
import re
import statistics
import zlib

import phonenumbers
import pytest

from webapp.domain.phone.patterns import MAX_CHARACTERS, countries, patterns_of
from webapp.domain.phone.prefixes import Tree, coarser, expression, ordered_rules, shares

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
ALL = countries("US", REGIONS)


def compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("code", "prefix", "formats"),
    [
        (1, "1", [["[2-9]", "3-3-4,0 (3) 3-4"]]),
        (33, "0", [["[1-7]", "1 2 2 2 2"]]),
        (44, "0", [["2|762[356]", "2 4 4"], ["1(1|[2-69]1)", "3 3 4"], ["[17]", "4 6"]]),
        (61, "0", [["4", "3 3 3"], ["[2378]", "1 4 4,(01) 4 4"]]),
        (36, "06", [["1", "1 3 4,(00 1) 3 4"], ["[2-9]", "2 3 3,(00 2) 3 3", "2 3 4,00 2 3 4"]]),
        (247, "", []),
    ],
)
def test_the_rules_of_example_countries_are_as_documented(
    code: int, prefix: str, formats: list[list[str]]
) -> None:
    """These document the format by example. +247 is an island whose numbers are not grouped."""
    patterns = patterns_of(code)
    assert (patterns.prefix, patterns.public()) == (prefix, formats)


def test_the_rules_of_all_countries_stay_within_their_sizes() -> None:
    """As JSON, the rules of the United States and of half of all countries take at most 29 characters,
    those of nine in ten at most 150, and none exceed the limit. Compressed, nine in ten take at most 70
    bytes."""
    rules = [compact(patterns_of(int(group.code)).public()) for group in ALL]
    sizes = sorted(map(len, rules))
    assert len(compact(patterns_of(1).public())) <= 29
    assert statistics.median(sizes) <= 29
    assert sizes[len(sizes) * 9 // 10] <= 150
    assert sizes[-1] <= MAX_CHARACTERS
    compressed = sorted(len(zlib.compress(rule, 9)) - 11 for rule in rules)
    assert compressed[len(compressed) * 9 // 10] <= 70, compressed
    assert compressed[-1] <= 290, compressed


def test_the_entry_of_one_region_stays_within_its_size() -> None:
    """The whole entry, with example and calling code."""
    sizes = {group.regions[0]: len(zlib.compress(compact(group.public()), 9)) - 11 for group in ALL}
    assert len(compact([group.public() for group in countries("US", ["US", "CA"])])) <= 130
    assert statistics.median(sizes.values()) <= 100, sizes
    assert {region for region, size in sizes.items() if size > 200} <= {
        "AR",
        "DE",
        "IN",
        "JP",
        "KZ",
    }


@pytest.mark.unmeasured
def test_every_expression_begins_with_a_digit_that_a_number_may_begin_with() -> None:
    """So none matches a 00, or a 0 after +CC, and these are left as they were typed. (The metadata of
    Gabon and Rwanda allows numbers whose own first digit is a 0.)"""
    for group in ALL:
        patterns = patterns_of(int(group.code))
        for leading, _ in patterns.rules:
            assert re.match(leading, "") is None, (group, leading)
            if patterns.prefix == "0" and group.regions not in (("GA",), ("RW",)):
                assert not re.match(leading, "0"), (group, leading)


def test_regions_of_one_calling_code_share_an_entry_and_the_sites_own_comes_first() -> None:
    groups = countries("GB", ["US", "DE", "CA", "GB", "JE", "US"])
    assert [(group.code, group.regions) for group in groups] == [
        ("44", ("GB", "JE")),
        ("1", ("US", "CA")),
        ("49", ("DE",)),
    ]
    assert [group.regions for group in countries("FR", ["US", "CA"])] == [("US", "CA")]


TWO: dict[str, Tree] = {"0": 1, "1": 0, "2": 0, "3": {"4": 1, "5": 2}, "9": 0}
THREE: Tree = {"1": 1, "2": 1, "3": 0}
TREE: Tree = {"1": 0, "2": TWO, "3": THREE, "7": 2}


def read(rules: list[tuple[str, int]], number: str) -> int | None:
    return next((label for leading, label in rules if re.match(leading, number)), None)


def wanted(tree: Tree, number: str) -> int | None:
    for digit in number:
        if isinstance(tree, int):
            return tree
        if digit not in tree:
            return None
        tree = tree[digit]
    return tree if isinstance(tree, int) else None


def test_the_ordered_rules_give_the_same_groups_as_the_tree() -> None:
    rules = ordered_rules(TREE)
    assert len(rules) < 6
    for digits in itertools.product("0123456789", repeat=3):
        number = "".join(digits)
        if wanted(TREE, number) is not None:
            assert read(rules, number) == wanted(TREE, number), (number, rules)
    assert read(rules, "000") is None


def test_a_coarser_tree_drops_branches_with_few_numbers() -> None:
    assert coarser(TREE, 0.0) == TREE
    assert coarser(TREE, 0.005) == {"1": 0, "2": {**TWO, "3": 1}, "3": THREE, "7": 2}
    assert coarser(TREE, 0.5) == {"1": 0, "2": 0, "3": 1, "7": 2}
    assert shares({"1": 0, "2": {"3": 1}}) == {0: 0.1, 1: 0.01}


@pytest.mark.parametrize(
    ("prefixes", "wanted"),
    [
        (["2"], "2"),
        (["1", "2", "3", "5", "7", "8"], "[1-3578]"),
        (["20", "21", "30", "31"], "[23][01]"),
        (["11", "121", "131", "20"], "1(1|[23]1)|20"),
    ],
)
def test_prefixes_become_one_regular_expression(prefixes: list[str], wanted: str) -> None:
    assert expression(prefixes) == wanted
