"""libphonenumber's metadata of one calling code, as a tree of how landlines and mobiles are grouped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, NumberFormat, PhoneMetadata

from webapp.domain.phone.prefixes import DIGITS, Tree

_DEPTH = 5
"""How many leading digits are distinguished: even with the finest loss, a sixth never matters."""
_KIND_DIGITS = 3
"""How many leading digits tell landlines and mobiles from other numbers: more would take too long."""

_ATOM = re.compile(r"(\{[\d,]+\}|\(\?!(?:[^()]|\([^()]*\))*\))|\\d|\[[^\]]*\]|\d")


@dataclass(frozen=True, slots=True)
class Row:
    """One way to group a number: after +CC, and at home."""

    world: str
    home: str

    @property
    def text(self) -> str:
        plain = self.home.lstrip("0") == self.world
        return self.world if plain else f"{self.world},{self.home}"

    def looks_like(self, other: Row, length: int) -> bool:
        """Whether both group a number of that many digits the same way."""
        return all(
            _filled(mine, length) == _filled(theirs, length)
            for mine, theirs in ((self.world, other.world), (self.home, other.home))
        )


Label: TypeAlias = tuple[tuple[int, Row], ...]
"""The row for each length that a number may have, shortest first."""


class Numbering:
    """libphonenumber's metadata of one calling code, looked up by the first digits of numbers."""

    def __init__(self, code: int) -> None:
        regions = COUNTRY_CODE_TO_REGION_CODE[code]
        known = [
            metadata for metadata in map(PhoneMetadata.metadata_for_region, regions) if metadata
        ]
        main = known[0]
        self._kinds = [
            (_may_begin(kind.national_number_pattern), kind.possible_length or ())
            for metadata in known
            for kind in (metadata.fixed_line, metadata.mobile)
            if kind and kind.national_number_pattern
        ]
        rules = [style.national_prefix_formatting_rule or "" for style in main.number_format]
        written = [re.sub(r"\\\d|\D", "", rule) for rule in rules]
        self.prefix: str = max(written, key=len, default="") or main.national_prefix or ""
        self._home = [_Style(style, self._dialled(style)) for style in main.number_format]
        self._world = [
            _Style(style, style.format or "")
            for style in main.intl_number_format or main.number_format
        ]
        self._known_lengths: dict[str, list[int]] = {}
        self._numbers: dict[Label, int] = {}

    def _dialled(self, style: NumberFormat) -> str:
        """The format with a 0 for each digit of the national prefix. Empty if the metadata has other
        digits at home than abroad, as the widget changes no digit."""
        format_ = style.format or ""
        if re.search(r"(?<!\\)\d", format_):
            return ""
        rule = re.sub(r"(?<!\\)\d", "0", style.national_prefix_formatting_rule or r"\1")
        text = re.sub(r"\\\d", lambda group: rule.replace(r"\1", group[0]), format_, count=1)
        missing = "0" * (len(self.prefix) - rule.count("0"))
        if "0" in rule:
            return text.replace("0", missing + "0", 1)
        return f"{missing} {text}" if missing and text.startswith("(") else missing + text

    @property
    def labels(self) -> list[Label]:
        return list(self._numbers)

    def tree(self, start: str) -> Tree | None:
        """The tree below these first digits; None if no landline or mobile begins with them."""
        label = self._label(start)
        if label is not None:
            if not label:
                return None
            return self._numbers.setdefault(label, len(self._numbers))
        children = {digit: self.tree(start + digit) for digit in DIGITS}
        return {digit: child for digit, child in children.items() if child is not None} or None

    def _label(self, start: str) -> Label | None:
        """The label of all numbers with these first digits. Empty if there are no such numbers; None if
        it takes more digits to tell."""
        lengths = self._lengths(start[:_KIND_DIGITS])
        if lengths and not start:
            return None  # first digits are kept apart even if all numbers are grouped alike
        rows: list[tuple[int, Row]] = []
        at_home, abroad = _fitting(self._home, start), _fitting(self._world, start)
        for length in lengths:
            world, home = _chosen(abroad, length), _chosen(at_home, length)
            if _OPEN in (world, home) and len(start) < _DEPTH:
                return None
            if world and home is not None and _OPEN not in (world, home):
                rows.append((length, Row(world, home or "0" * len(self.prefix) + world)))
        return tuple(rows)

    def _lengths(self, start: str) -> list[int]:
        if start not in self._known_lengths:
            of_kinds = [lengths for begins, lengths in self._kinds if begins.fullmatch(start)]
            self._known_lengths[start] = sorted(set().union(*of_kinds))
        return self._known_lengths[start]


class _Style:
    """One of the metadata's formats, such as `\\1 \\2-\\3`, and which numbers it is for.

    `templates` has, for each length of a number, the format with each group's name replaced by the
    group's length.
    """

    def __init__(self, source: NumberFormat, text: str) -> None:
        leading = source.leading_digits_pattern[-1] if source.leading_digits_pattern else ""
        self.leading = re.compile(leading)
        self.may_lead = _may_begin(leading)
        self.templates: dict[int, str] = {}
        for length in _LENGTHS if text != "NA" else ():
            groups = re.fullmatch(source.pattern or "", "0" * length)
            if groups:
                self.templates[length] = _template(text, groups)


def _template(text: str, groups: re.Match[str]) -> str:
    return re.sub(r"\\(\d)", lambda name: _count(len(groups[int(name[1])])), text)


_OPEN = "?"
_LENGTHS = range(3, 18)


def _fitting(styles: Iterable[_Style], start: str) -> list[tuple[_Style, bool]]:
    """The styles that numbers with this start may have, each with whether all such numbers have it."""
    fitting = []
    for style in styles:
        sure = style.leading.match(start) is not None
        if sure or style.may_lead.fullmatch(start):
            fitting.append((style, sure))
    return fitting


def _chosen(fitting: Iterable[tuple[_Style, bool]], length: int) -> str | None:
    """The template of the first style that has one for that length; None without one; _OPEN if it takes
    more digits to tell."""
    is_open = False
    for style, sure in fitting:
        template = style.templates.get(length)
        if template is not None:
            if sure:
                return _OPEN if is_open else template
            is_open = True
    return _OPEN if is_open else None


def _count(digits: int) -> str:
    return "9" * (digits // 9) + (str(digits % 9) if digits % 9 else "")


def _filled(template: str, length: int) -> str:
    """What the widget shows for a number of that length, with d for each digit."""
    shown = ""
    for mark in template:
        if mark in "123456789":
            shown += "d" * min(int(mark), length)
            length = max(length - int(mark), 0)
        elif length or mark == "0":
            shown += mark
    return shown


@lru_cache(maxsize=2048)
def _may_begin(pattern: str) -> re.Pattern[str]:
    """A pattern that fully matches every beginning of a match of the given one: the text may end after
    each digit."""
    return re.compile(_ATOM.sub(lambda atom: atom[1] or f"(?:{atom[0]}|$)", pattern))
