"""Hides phone numbers and secrets in texts for the log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus, unquote, unquote_plus

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# Has many digits but must stay readable: IP addresses, dates with or without a time, call ids.
_NO_NUMBER = rf"""
    (?<![\d.+-]) (?:{_OCTET}\.){{3}}{_OCTET} (?!\d|\.\d) (?::\d{{1,5}}(?!\d))?
  | (?<![\d.+-]) (?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]) (?![\d-])
    (?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:[+-]\d\d:?\d\d)?(?!\d))?
  | (?<=call=) [\w-]{{22}} (?![\w-])
"""
_SEPARATOR = r"(?:[\s().+/\-\u2010-\u2015\u2212]|%[0-9a-fA-F]{2})"
# Seven digits or more, whatever is before and after them: it may be an escape such as %2B or \n.
_NUMBER = rf"\+?\(?\d(?:(?!{_NO_NUMBER}){_SEPARATOR}{{0,4}}?(?!{_NO_NUMBER})\d){{6,}}"
_KNOWN_BY = 7

_PASSWORD = re.compile(
    r"://[^:/?#@]*:(?:([^/?#]+)|([^@]+))@"  # SQLAlchemy also takes a password with a bare slash
    r"|[?&]\w*password=([^&#]+)",
    re.IGNORECASE,
)
_LONG_PASSWORD = 8
_FOUND = re.compile(rf"(?P<no_number>{_NO_NUMBER})|{_NUMBER}", re.VERBOSE)


def mask_phone(e164: str) -> str:
    """The number as it may appear in a log: +1********00."""
    return e164[:2] + "*" * max(len(e164) - 4, 0) + e164[-2:]


def hide_number(text: str, e164: str) -> str:
    """`text` with this one number masked in every spelling; other digits stay.

    Matched by its last seven digits, as the ones before may be left out.
    """
    digits = re.sub(r"\D", "", e164)[-_KNOWN_BY:]
    if len(digits) < _KNOWN_BY:
        return text
    between = rf"{_SEPARATOR}{{0,4}}"
    spelling = rf"\+?\(?(?:\d{between}){{0,8}}{between.join(digits)}"
    return re.sub(spelling, "*" * 8 + digits[-2:], text)


def mask_numbers(text: str) -> str:
    """`text` with everything masked that looks like a phone number, for texts that others wrote."""
    return _FOUND.sub(_masked, text)


def spellings_of(secrets: Iterable[str]) -> list[str]:
    """Each secret in plain text and as escaped in a URL or in HTML. Longest first, as one secret may be
    the beginning of another.
    """
    spellings = {
        spell(secret)
        for secret in secrets
        if secret
        for spell in (str, quote, quote_plus, _quote_all, escape)
    }
    return sorted(spellings, key=len, reverse=True)


def hide_secrets(text: str, spellings: Iterable[str], shown: str) -> str:
    """`text` with `shown` in place of each of the secrets' `spellings`."""
    for spelling in spellings:
        text = text.replace(spelling, shown)
    return text


def _quote_all(text: str) -> str:
    return quote(text, safe="")


def _masked(found: re.Match[str]) -> str:
    if found["no_number"] is not None:
        return found[0]
    digits = re.sub(r"\D", "", found[0])
    return "*" * (len(digits) - 2) + digits[-2:]


def passwords_in(address: str) -> Iterator[str]:
    """The passwords in the URL of a database or server, as written and unescaped. Short ones are left
    out: they may be common words, and are masked only in URLs."""
    for found in _PASSWORD.finditer(address):
        written = found[found.lastindex or 0]
        if len(written) >= _LONG_PASSWORD:
            yield from sorted({written, unquote(written), unquote_plus(written)})
