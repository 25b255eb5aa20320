"""Deletes a person's data at the operator's command."""

from __future__ import annotations

from collections.abc import Iterable

from webapp.domain.retention import Forgotten
from webapp.services.operator.numbers import all_numbers
from webapp.services.retention import Retention
from webapp.store.sites import SiteRepository


class ForgetNumber:
    def __init__(self, retention: Retention, sites: SiteRepository) -> None:
        self._retention = retention
        self._sites = sites

    def readings(self, typed: str) -> list[str]:
        """Every number (E.164) that the text may mean. Raises ConfigurationError; its message does not
        contain the number."""
        return all_numbers(typed, self._sites)

    def __call__(self, numbers: Iterable[str]) -> dict[str, Forgotten]:
        """Returns, by number, what was deleted and what could not be yet. Raises StoreUnavailable."""
        return {number: self._retention.forget(number) for number in numbers}
