"""The visitor's language is found from whatever a browser or a page sends, and junk does no harm."""

from __future__ import annotations

import pytest

from webapp.domain.locales import LOCALES, direction, is_language, match_locale


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
def test_the_text_direction_follows_the_script_of_the_language(tag: str, expected: str) -> None:
    assert direction(tag) == expected


@pytest.mark.parametrize("tag", [*LOCALES, "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "nb", "yue"])
def test_a_language_tag_is_known(tag: str) -> None:
    assert is_language(tag)


@pytest.mark.parametrize(
    "tag",
    ["", "english", "EN", "en-us", "en_US", "xx", "en-XX", "en-Abcd", "en-", "de-DE-1996", "en\n"],
)
def test_an_invalid_or_unknown_language_tag_is_rejected(tag: str) -> None:
    assert not is_language(tag)
