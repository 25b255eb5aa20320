"""The languages that Callme speaks, and which of them a visitor understands."""

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
    """The first of these BCP 47 tags, best first, that is in a language of ours: `pt-BR` is `pt`."""
    for tag in tags:
        language = re.split("[-_]", tag, maxsplit=1)[0].lower()
        language = _OLD_NAMES.get(language, language)
        if language in LOCALES:
            return language
    return None


def direction(tag: str) -> str:
    """How a text in that language runs, as HTML's `dir` says it."""
    language, *more = tag.split("-")
    scripts = [part for part in more if len(part) == 4]
    rtl = scripts[0] in _RTL_SCRIPTS if scripts else language in _RTL_LANGUAGES
    return "rtl" if rtl else "ltr"


def is_language(tag: str) -> bool:
    """Whether this is a language, maybe with script and region, written as BCP 47 wants it."""
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
