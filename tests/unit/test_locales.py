"""The visitor's language is found from whatever a browser or a page sends, and junk does no harm."""

from __future__ import annotations

import random
import time

import pytest

from webapp.domain.locales import LOCALES, accepted, direction, is_language, match_locale


@pytest.mark.parametrize(
    ("tags", "locale"),
    [
        pytest.param(["de"], "de", id="as it is"),
        pytest.param(["pt-BR"], "pt", id="with a region"),
        pytest.param(["de-Latn-CH-1996"], "de", id="with all that a tag may have"),
        pytest.param(["PT_br"], "pt", id="as some systems write it"),
        pytest.param(["iw"], "he", id="by its old name"),
        pytest.param(["iw-IL"], "he", id="by its old name with a region"),
        pytest.param(["zh-Hant", "ja", "en"], "ja", id="the first that we speak"),
        pytest.param(["zh"], None, id="none of ours"),
        pytest.param(["deu"], None, id="no prefix of another tag"),
        pytest.param(["enx-US", "english"], None, id="no beginning of another word"),
        pytest.param([], None, id="nothing"),
        pytest.param(["", "-", "de-"], "de", id="half a tag"),
        pytest.param(["*"], None, id="anything"),
    ],
)
def test_a_language_is_matched_to_one_of_ours(tags: list[str], locale: str | None) -> None:
    assert match_locale(tags) == locale


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("de", ["de"]),
        ("de-CH, fr;q=0.8, en;q=0.5", ["de-CH", "fr", "en"]),
        ("en;q=0.5,fr;q=0.8,de-CH", ["de-CH", "fr", "en"]),
        ("de;q=0.7, fr;q=0.7", ["de", "fr"]),
        ("de;q=0, fr", ["fr"]),
        (" ru ; q=0.9 ,\tja", ["ja", "ru"]),
        ("de;q=1.000, fr;q=0.999", ["de", "fr"]),
        ("*", []),
        ("", []),
        ("de;q=x, fr", ["fr"]),
        ('de;q="0.5, fr', ["fr"]),
        ("de;q=-1, fr;q=1e9, it;q=2, es", ["es"]),
        ("ÿþ, \0, pl", ["pl"]),
        (",;=,;;q,sv,", ["sv"]),
        ("x" * 9 + ",nl", ["nl"]),
    ],
)
def test_an_accept_language_is_read_best_first_and_its_junk_left_out(
    header: str, tags: list[str]
) -> None:
    assert accepted(header) == tags


def test_no_header_is_too_odd_to_be_read() -> None:
    pieces = [*LOCALES, *"-_;=,*. q01", "q=", ";q=0.", "zh-Hant", "\0", "é", "\t", "9" * 9]
    dice = random.Random(5)
    for _ in range(3_000):
        header = "".join(dice.choices(pieces, k=dice.randrange(40)))
        assert match_locale(accepted(header)) in {None, *LOCALES}, header


@pytest.mark.parametrize(
    "header",
    ["a-" * 4_000, "de;" + "q" * 8_000, "a," * 4_000, " " * 8_000, "a;q=0." + "0" * 8_000],
    ids=["subtags", "weights", "tags", "blanks", "digits"],
)
def test_a_long_header_costs_no_time(header: str) -> None:
    began = time.process_time()
    accepted(header)
    assert time.process_time() - began < 0.05


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("en", "ltr"),
        ("he", "rtl"),
        ("ar-EG", "rtl"),
        ("fa", "rtl"),
        ("az-Arab", "rtl"),
        ("ur-Latn-PK", "ltr"),
        ("ja", "ltr"),
    ],
)
def test_a_text_runs_as_its_script_does(tag: str, expected: str) -> None:
    assert direction(tag) == expected


@pytest.mark.parametrize("tag", [*LOCALES, "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "nb", "yue"])
def test_a_language_tag_is_known(tag: str) -> None:
    assert is_language(tag)


@pytest.mark.parametrize(
    "tag",
    ["", "english", "EN", "en-us", "en_US", "xx", "en-XX", "en-Abcd", "en-", "de-DE-1996", "en\n"],
)
def test_what_is_no_simple_tag_of_a_known_language_is_none(tag: str) -> None:
    assert not is_language(tag)
