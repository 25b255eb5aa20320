"""Phone numbers and secrets as they may stand in a log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape
from urllib.parse import quote, quote_plus, unquote, unquote_plus

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
# What has many digits too and must stay readable: addresses, dates with or without a time, call ids.
_NO_NUMBER = rf"""
    (?<![\d.+-]) (?:{_OCTET}\.){{3}}{_OCTET} (?!\d|\.\d) (?::\d{{1,5}}(?!\d))?
  | (?<![\d.+-]) (?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]) (?![\d-])
    (?:[ T](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:[.,]\d+)?)?(?:[+-]\d\d:?\d\d)?(?!\d))?
  | (?<=call=) [\w-]{{22}} (?![\w-])
"""
_SEPARATOR = r"(?:[\s().+/\-\u2010-\u2015\u2212]|%[0-9a-fA-F]{2})"
# Seven digits or more. What stands before and after is no matter: an escape such as %2B or \n does too.
_NUMBER = rf"\+?\(?\d(?:(?!{_NO_NUMBER}){_SEPARATOR}{{0,4}}?(?!{_NO_NUMBER})\d){{6,}}"
_KNOWN_BY = 7

_PASSWORD = re.compile(
    r"://[^:/?#@]*:(?:([^/?#]+)|([^@]+))@"  # SQLAlchemy takes one with a bare slash too
    r"|[?&]\w*password=([^&#]+)",
    re.IGNORECASE,
)
_LONG_PASSWORD = 8
_FOUND = re.compile(rf"(?P<no_number>{_NO_NUMBER})|{_NUMBER}", re.VERBOSE)


def mask_phone(e164: str) -> str:
    """The number as it may stand in a log: +1********00."""
    return e164[:2] + "*" * max(len(e164) - 4, 0) + e164[-2:]


def hide_number(text: str, e164: str) -> str:
    """`text` with that one number masked in whatever spelling, and all other digits as they are.

    Its last seven digits are what it is known by: addresses carry it with and without what is before.
    """
    digits = re.sub(r"\D", "", e164)[-_KNOWN_BY:]
    if len(digits) < _KNOWN_BY:
        return text
    between = rf"{_SEPARATOR}{{0,4}}"
    spelling = rf"\+?\(?(?:\d{between}){{0,8}}{between.join(digits)}"
    return re.sub(spelling, "*" * 8 + digits[-2:], text)


def mask_numbers(text: str) -> str:
    """`text` with whatever looks like a phone number masked, for texts that others wrote."""
    return _FOUND.sub(_masked, text)


def spellings_of(secrets: Iterable[str]) -> list[str]:
    """Each secret plain and as an address or a page spells it, the longest first: one secret may
    be the beginning of another.
    """
    spellings = {
        spell(secret)
        for secret in secrets
        if secret
        for spell in (str, quote, quote_plus, _quote_all, escape)
    }
    return sorted(spellings, key=len, reverse=True)


def hide_secrets(text: str, spellings: Iterable[str], shown: str) -> str:
    """`text` with `shown` in place of each of the `spellings_of` the secrets."""
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
    """The passwords in a database's or a server's address, as they are written there and as they are
    meant. A short one may be a word that logs are full of, and is hidden in addresses only."""
    for found in _PASSWORD.finditer(address):
        written = found[found.lastindex or 0]
        if len(written) >= _LONG_PASSWORD:
            yield from sorted({written, unquote(written), unquote_plus(written)})
