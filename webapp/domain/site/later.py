"""Calls at a time that the visitor chooses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from webapp.domain.hours import OpeningHours
from webapp.domain.limits import LONGEST_AHEAD
from webapp.domain.site.quiet import ClockTime
from webapp.domain.site.table import Table
from webapp.domain.slots import SlotRules


class Later(Table):
    """Which times visitors can choose from."""

    days: Annotated[int, Field(ge=1, le=LONGEST_AHEAD.days)] = 14
    """How many days can be chosen from, today included."""
    slot_minutes: Annotated[int, Field(ge=5, le=120)] = 15
    """How long a slot is: a call is placed when it begins, or until it ends."""
    per_slot: Annotated[int, Field(ge=1, le=1000)] = 2
    """Calls in a slot, for each receptionist."""
    notice_minutes: Annotated[int, Field(ge=0, le=7 * 24 * 60)] = 15
    """How long before it begins a slot can still be chosen."""
    same_day_until: ClockTime | None = None
    """Until when today's slots can be chosen, by the clock of the hours; without it, all day."""

    @property
    def slot(self) -> timedelta:
        return timedelta(minutes=self.slot_minutes)

    def rules(self, hours: OpeningHours) -> SlotRules:
        """The slots of a receptionist with these hours."""
        return SlotRules(
            hours,
            self.slot_minutes,
            self.days,
            timedelta(minutes=self.notice_minutes),
            self.same_day_until or "24:00",
        )

    def faults(self, hours: OpeningHours, now: datetime) -> Iterator[str]:
        """Why no slot could ever be chosen."""
        if self.notice_minutes >= self.days * 24 * 60:
            yield "later: notice_minutes is longer than days: no slot can be chosen"
        elif not self.model_copy(update={"days": 366}).rules(hours).any_from(now):
            yield f"later: no window of the hours has room for {self.slot_minutes} minutes"
