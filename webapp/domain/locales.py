"""The supported languages, and choosing one for a visitor."""

from __future__ import annotations

import re
from collections.abc import Iterable

from babel.core import Locale

LOCALES = (
    *("en", "es", "fr", "de", "it", "pt", "nl", "pl", "sv", "cs", "tr", "ru", "ja", "ar", "he"),
)
DEFAULT = "en"

_OLD_NAMES = {"iw": "he"}
_RTL_LANGUAGES = {"ar", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"}
_RTL_SCRIPTS = {"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"}

_SIMPLE_TAG = re.compile(r"([a-z]{2,3})(?:-([A-Z][a-z]{3}))?(?:-([A-Z]{2}|[0-9]{3}))?")


def match_locale(tags: Iterable[str]) -> str | None:
    """The supported locale of the first BCP 47 tag that has one, best first: `pt-BR` gives `pt`."""
    for tag in tags:
        language = re.split("[-_]", tag, maxsplit=1)[0].lower()
        language = _OLD_NAMES.get(language, language)
        if language in LOCALES:
            return language
    return None


def direction(tag: str) -> str:
    """The language's text direction, as a value of HTML's `dir`."""
    language, *more = tag.split("-")
    scripts = [part for part in more if len(part) == 4]
    rtl = scripts[0] in _RTL_SCRIPTS if scripts else language in _RTL_LANGUAGES
    return "rtl" if rtl else "ltr"


def is_language(tag: str) -> bool:
    """Whether this is a BCP 47 tag: a language, optionally with script and region, in canonical case."""
    found = _SIMPLE_TAG.fullmatch(tag)
    if not found:
        return False
    language, script, region = found.groups()
    known = Locale(DEFAULT)
    return (
        language in known.languages
        and (script is None or script in known.scripts)
        and (region is None or region in known.territories)
    )
