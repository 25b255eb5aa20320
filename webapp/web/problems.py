"""Refusals as problem details for people and programs (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from babel.dates import format_timedelta

from webapp.domain.limits import LimitReached
from webapp.domain.problem_kinds import Kind
from webapp.domain.refusals import Reason, Refusal
from webapp.web.language import words


class Choice(NamedTuple):
    """A value that a field can have, such as a number or an instant, and how people read it."""

    value: str
    written: str


class Problem(Refusal):
    """A refused request, with several reasons if several fields are invalid.

    The first reason determines the visitor's sentence. `errors` maps fields to sentences; `retry_after`
    is in seconds; `choices` are what the first undecided field can be.
    """

    def __init__(
        self,
        *reasons: Reason,
        errors: Mapping[str, list[str]] | None = None,
        retry_after: int | None = None,
        choices: Sequence[Choice] = (),
    ) -> None:
        super().__init__(reasons[0])
        self.reasons = reasons
        self.code = ",".join(reason.code for reason in reasons)
        self.kind = reasons[0].kind
        self.status = self.kind.status
        self.errors = errors or {}
        self.retry_after = retry_after
        self.choices = choices
        self.offers_phone = any(reason.offers_phone for reason in reasons)

    @property
    def detail(self) -> str:
        """The visitor's sentence. Invalid fields have their own sentences in `errors`."""
        wait = "" if self.retry_after is None else _in_words(self.retry_after)
        key = f"problem.{self.kind.slug}" if self.errors else self.reasons[0].sentence
        return words().text(key, wait=wait)


def _in_words(seconds: int) -> str:
    """Such as "in 2 minutes", in the grammar of the language. Rounded up, so that a visitor who returns
    after that time is not refused again.
    """
    for unit in (3600, 60):
        if seconds >= unit:
            seconds = math.ceil(seconds / unit) * unit
            break
    wait = str(format_timedelta(seconds, locale=words().locale, threshold=1, add_direction=True))
    # CLDR's Arabic "in" also means "within", as which our sentences would be read; its Hebrew writes
    # the number of a single day.
    return wait.replace("خلال", "بعد").replace("יום 1", "יום")


def problem_of(refusal: Refusal) -> Problem:
    """The problem that the visitor is shown."""
    if isinstance(refusal, Problem):
        return refusal
    reason = refusal.reason
    if reason.kind is Kind.VALIDATION:
        return Problem(reason, errors={"phone": [words().text(reason.sentence)]})
    if reason.kind is Kind.LIMIT and isinstance(refusal, LimitReached):
        return Problem(reason, retry_after=max(1, math.ceil(refusal.wait.total_seconds())))
    return Problem(reason)
