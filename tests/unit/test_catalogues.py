"""Every language has all words that are used anywhere, and no others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from webapp.assets import STATIC, TEMPLATES
from webapp.domain.calls import CallStatus
from webapp.domain.locales import LOCALES
from webapp.domain.problem_kinds import Kind
from webapp.domain.refusals import Reason
from webapp.services.planning import Lack
from webapp.web.call.progress import SHOWN
from webapp.words import Catalogue, load_catalogues

CATALOGUES = load_catalogues(STATIC / "locales")
ENGLISH = CATALOGUES["en"]
OTHERS = [locale for locale in LOCALES if locale != "en"]

WIDGET_STATES = ("sending", "queued", "dialing", "connected", "busy", "failed", "unknown")
WIDGET_ENDS = ("unavailable", "offline")
WIDGET_FAMILIES = {
    *(f"{state}.{part}" for state, part in product(WIDGET_STATES, ("title", "sentence"))),
    *(f"{end}.{part}" for end, part in product(WIDGET_ENDS, ("title", "sentence"))),
    *("open.title", "open.sentence"),
    *("limit.title", "closed.title"),  # their sentences are the server's
    *(f"step.{step}" for step in ("requested", "ringing", "answered")),
}
"""Keys that the panel puts together from a state and a part."""

SERVER_FAMILIES = {
    *(reason.sentence for reason in Reason),
    *(f"problem.{kind.slug}" for kind in Kind),
    *(
        f"{SHOWN[status].words}.{part}"
        for status, part in product(CallStatus, ("title", "sentence"))
    ),
    *(f"step.{step}" for step in ("requested", "ringing", "answered")),
    *(lack.value for lack in Lack),
    *("retrying.title", "retrying.sentence"),
}
"""Keys that the pages and the API put together."""

SAME_AS_ENGLISH = {("es", "page.error_prefix"), ("nl", "retry.later")}
SCRIPTS = {
    "ru": r"[а-яё]",
    "ja": r"[\u3040-\u30ff\u4e00-\u9fff]",
    "ar": r"[\u0621-\u064a]",
    "he": r"[א-ת]",
}
_PLACEHOLDER = re.compile(r"\{\w+\}")
_KEY = re.compile(r"(error|problem|captcha|proof|cancelled|stopped|page)\.[a-z_-]+")


def words_of(catalogue: Catalogue) -> dict[str, str]:
    return {**catalogue.widget, **catalogue.chooser, **catalogue.server}


def texts(*folders_and_kinds: tuple[Path, str]) -> Iterator[str]:
    for folder, kind in folders_and_kinds:
        for path in sorted(folder.rglob(kind)):
            yield path.read_text("utf-8")


SCRIPT = "\n".join(texts((STATIC / "widget", "*.js")))
PAGES = "\n".join(texts((TEMPLATES, "*.html")))
CODE = "\n".join(texts((Path(__file__).parents[2] / "webapp", "*.py")))


@pytest.mark.parametrize("locale", LOCALES)
def test_a_catalogue_has_exactly_the_keys_of_the_english_one(locale: str) -> None:
    assert CATALOGUES[locale].widget.keys() == ENGLISH.widget.keys()
    assert CATALOGUES[locale].chooser.keys() == ENGLISH.chooser.keys()
    assert CATALOGUES[locale].server.keys() == ENGLISH.server.keys()


def test_a_text_key_is_in_one_table_only() -> None:
    keys = [*ENGLISH.widget, *ENGLISH.chooser, *ENGLISH.server]
    assert len(keys) == len(set(keys))


def test_there_is_a_catalogue_for_each_language_and_for_no_other() -> None:
    files = {path.stem for path in (STATIC / "locales").iterdir()}
    assert files == set(LOCALES) == CATALOGUES.keys()


def test_each_key_is_used_somewhere() -> None:
    everything = SCRIPT + PAGES + CODE
    unused = {
        key
        for key in words_of(ENGLISH).keys() - WIDGET_FAMILIES - SERVER_FAMILIES
        if f'"{key}"' not in everything
    }
    assert not unused


def test_every_text_sent_to_browsers_is_used_by_the_widget() -> None:
    unsaid = {
        key
        for key in ENGLISH.widget.keys() - WIDGET_FAMILIES
        if f'"{key}"' not in SCRIPT and key not in ("launcher", "offline.title")
    }
    assert not unsaid


def test_each_key_that_the_widget_asks_for_is_among_its_words() -> None:
    keys = set(re.findall(r'\b(?:text|sentence)\("([^"]+)"\)', SCRIPT))
    assert len(keys) > 5, "the pattern finds nothing any more"
    assert keys | WIDGET_FAMILIES <= ENGLISH.widget.keys() | ENGLISH.chooser.keys()


def test_each_key_that_a_page_asks_for_is_there() -> None:
    keys = set(re.findall(r'words\.text\("([^"]+)"\s*[,)]', PAGES))
    assert len(keys) > 10, "the pattern finds nothing any more"
    assert keys <= words_of(ENGLISH).keys()


def test_each_key_that_the_code_names_is_there() -> None:
    constants = {
        node.value
        for text in texts((Path(__file__).parents[2] / "webapp" / "web", "*.py"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    named = {
        constant
        for constant in constants
        if _KEY.fullmatch(constant) and not constant.endswith(".js")
    }
    assert named, "the pattern finds nothing any more"
    assert named | SERVER_FAMILIES <= words_of(ENGLISH).keys()


@pytest.mark.parametrize("locale", OTHERS)
def test_each_text_has_the_placeholders_of_the_english_one(locale: str) -> None:
    theirs = words_of(CATALOGUES[locale])
    wrong = [
        key
        for key, text in words_of(ENGLISH).items()
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(theirs[key]))
    ]
    assert not wrong


@pytest.mark.parametrize("locale", LOCALES)
def test_no_text_is_empty_or_has_stray_blanks_or_braces(locale: str) -> None:
    for key, text in words_of(CATALOGUES[locale]).items():
        bare = _PLACEHOLDER.sub("x", text)
        trimmed = bare.rstrip(" ") if key == "page.error_prefix" else bare
        assert trimmed, key
        assert trimmed == bare.strip(), f"{key}: a blank at its end"
        assert not re.search(r"\s\s|[{}<>]|&\w+;|\.\.\.", bare), f"{key}: {text!r}"


@pytest.mark.parametrize("locale", OTHERS)
def test_no_text_is_left_untranslated(locale: str) -> None:
    left = {
        key
        for key, text in words_of(CATALOGUES[locale]).items()
        if text == words_of(ENGLISH)[key] and (locale, key) not in SAME_AS_ENGLISH
    }
    assert not left


@pytest.mark.parametrize("locale", SCRIPTS)
def test_each_text_is_written_in_the_languages_own_script(locale: str) -> None:
    for key, text in words_of(CATALOGUES[locale]).items():
        assert re.search(SCRIPTS[locale], text), f"{key}: {text!r}"
        foreign = re.findall(r"[A-Za-z]+", _PLACEHOLDER.sub("", text))
        assert set(foreign) <= {"JavaScript", "ID"}, f"{key}: {text!r}"


@pytest.mark.parametrize(
    "locale", [locale for locale in LOCALES if CATALOGUES[locale].direction == "rtl"]
)
def test_each_placeholder_is_isolated_for_text_direction(locale: str) -> None:
    """It is isolated, or the groups of a number and the full stop after a name would change places."""
    for key, text in words_of(CATALOGUES[locale]).items():
        isolated = re.findall(r"\u2068(\{\w+\})\u2069", text)
        assert isolated == _PLACEHOLDER.findall(text), f"{key}: {text!r}"


def test_french_punctuation_follows_a_narrow_no_break_space() -> None:
    for key, text in words_of(CATALOGUES["fr"]).items():
        assert not re.search(r"[^\u202f][?!:;]", text), f"{key}: {text!r}"
