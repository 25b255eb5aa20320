"""How people group the digits of a number in one country, small enough to be sent with the page.

The widget gets a list of rules, `[leading, row, row …]`. `leading` is a regular expression. The rule
that applies is the first whose `leading` matches the start of the number without its prefix or calling
code; the row that applies is the first of that rule with room for all digits. A row is "WORLD" or
"WORLD,HOME": how the number looks after +CC, and as it is dialled at home. In both, a digit from 1 to 9
stands for that many digits of the number and 0 for one digit of the national prefix (nothing if it was
not typed); anything else is shown as it is if digits follow. Without HOME, it is the prefix directly
before WORLD. So `["[2-9]", "3-3-4,0 (3) 3-4"]` makes +1 202-555-0100,
(202) 555-0100 and 1 (202) 555-0100, and `["2", "2 4 4"]` +44 20 7946 0000 and 020 7946 0000.

The rules are derived from libphonenumber's metadata for landlines and mobiles. Distinctions that
concern hardly any number are left out, so a number may, rarely, be grouped like its neighbours;
grouping never changes a digit.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypedDict

import phonenumbers

from webapp.domain.phone.number import example_phone
from webapp.domain.phone.numbering import Label, Numbering, Row
from webapp.domain.phone.prefixes import Tree, coarser, ordered_rules, relabelled, shares

LOSSES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
"""Distinctions that concern less than this share of a country's numbers are left out; finest first."""
MAX_CHARACTERS = 660
"""The finest loss is taken whose rules are no longer than this. Germany's, with nothing left out, are
the longest."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """What is sent for one calling code: the digits dialled first at home, and the rules."""

    prefix: str
    rules: tuple[tuple[str, tuple[Row, ...]], ...]

    def public(self) -> list[list[str]]:
        return [[leading, *(row.text for row in rows)] for leading, rows in self.rules]


class PublicCountry(TypedDict):
    """Regions that share a calling code, as the widget gets them."""

    regions: list[str]
    """ISO 3166 codes."""
    code: str
    """The calling code, without +."""
    example: str
    """A number as people there write it."""
    prefix: str
    """The digits dialled before a number at home; empty if there are none."""
    formats: list[list[str]]
    """How the digits are grouped: rules of a leading pattern and its rows."""


@dataclass(frozen=True, slots=True)
class Country:
    """Regions that share a calling code and therefore the look of their numbers."""

    code: str
    regions: tuple[str, ...]

    def public(self, owners: str = "") -> PublicCountry:
        """`owners` is the owner's number, which must not be the example."""
        patterns = patterns_of(int(self.code))
        return {
            "regions": list(self.regions),
            "code": self.code,
            "example": example_phone(self.regions[0], owners),
            "prefix": patterns.prefix,
            "formats": patterns.public(),
        }


def countries(home: str, allowed: Iterable[str]) -> list[Country]:
    """The allowed regions by calling code, in the owner's order; `home` is first if allowed."""
    groups: dict[str, list[str]] = {}
    for region in sorted(dict.fromkeys(allowed), key=lambda region: region != home):
        code = str(phonenumbers.country_code_for_region(region))
        groups.setdefault(code, []).append(region)
    return [Country(code, tuple(regions)) for code, regions in groups.items()]


@lru_cache(maxsize=256)
def patterns_of(code: int) -> Patterns:
    """The finest patterns of a calling code that take at most MAX_CHARACTERS."""
    numbering = Numbering(code)
    tree = numbering.tree("")
    if tree is None:
        return Patterns(numbering.prefix, ())
    merged, labels = _merged(tree, numbering.labels)
    for loss in LOSSES:
        rules = tuple(
            (leading, _rows(labels[label]))
            for leading, label in ordered_rules(coarser(merged, loss))
        )
        patterns = Patterns(numbering.prefix, tuple(rule for rule in rules if rule[1]))
        if len(json.dumps(patterns.public(), separators=(",", ":"))) <= MAX_CHARACTERS:
            break
    return patterns


def _merged(tree: Tree, labels: list[Label]) -> tuple[Tree, list[Label]]:
    """The tree with as few labels as possible: labels that disagree about no length become one."""
    merged: list[dict[int, Row]] = []
    became: dict[int, int] = {}
    for label in shares(tree):
        rows = dict(labels[label])
        for at, others in enumerate(merged):
            if all(others.get(length, row) == row for length, row in rows.items()):
                others.update(rows)
                became[label] = at
                break
        else:
            became[label] = len(merged)
            merged.append(rows)
    return relabelled(tree, became), [tuple(sorted(rows.items(), key=_length)) for rows in merged]


def _length(entry: tuple[int, Row]) -> int:
    return entry[0]


def _rows(label: Label) -> tuple[Row, ...]:
    """The label's rows without those that look the same as the next one."""
    distinct: list[tuple[int, Row]] = []
    for length, row in label:
        while distinct and row.looks_like(distinct[-1][1], distinct[-1][0]):
            distinct.pop()
        distinct.append((length, row))
    return tuple(row for _, row in distinct)
