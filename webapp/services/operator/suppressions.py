"""The operator's list of numbers that must never be called."""

from __future__ import annotations

import re
from collections.abc import Sequence

from webapp.domain.phone.number import PhoneError
from webapp.domain.site.model import readings_of
from webapp.domain.suppression import Source, Suppression
from webapp.errors import ConfigurationError
from webapp.services.operator.numbers import all_numbers
from webapp.store.sites import SiteRepository
from webapp.store.suppressions import SuppressionRepository

_PREFIX = re.compile(r"\+[1-9]\d{0,13}\Z")


class SuppressionList:
    """A text without a country code may mean several numbers: all of them are affected.

    An invalid number raises ConfigurationError; its message does not contain the number.
    """

    def __init__(self, suppressions: SuppressionRepository, sites: SiteRepository) -> None:
        self._suppressions = suppressions
        self._sites = sites

    def add(self, typed: str) -> bool:
        """False if all were listed already."""
        return bool(self._suppressions.add(all_numbers(typed, self._sites), Source.OPERATOR))

    def add_prefix(self, prefix: str) -> bool:
        """Add all numbers with that prefix, for example +1900. False if it was listed already."""
        if not _PREFIX.match(prefix):
            raise ConfigurationError(["that is no prefix; write it like +1900"])
        return bool(self._suppressions.add_prefix(prefix))

    def add_lines(self, lines: Sequence[str], where: str) -> int:
        """Add the numbers of a file, one per line, all or none. Returns how many are new."""
        sites = self._sites.all().values()
        numbers: list[str] = []
        faults: list[str] = []
        for at, line in enumerate(lines, start=1):
            try:
                numbers += readings_of(line, sites) if line.strip() else ()
            except PhoneError:
                faults.append(f"{where}, line {at}: no full international number")
        if faults:
            raise ConfigurationError(faults)
        return self._suppressions.add(numbers, Source.OPERATOR)

    def remove(self, typed: str) -> bool:
        """Remove a number or a prefix. False if it was not on the list."""
        if _PREFIX.match(typed) and self._suppressions.remove(typed):
            return True
        return any([*map(self._suppressions.remove, all_numbers(typed, self._sites))])

    def all(self) -> Sequence[Suppression]:
        return self._suppressions.all()
