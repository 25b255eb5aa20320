"""Quiet hours: the night at the called number's place."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from webapp.domain.hours import DAY_MINUTES
from webapp.domain.site.table import Table


def _clock_time(value: str) -> str:
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError(f'{value!r} is no time of day; write it like "20:00"')
    return value


def _minute(clock_time: str) -> int:
    hours, minutes = map(int, clock_time.split(":"))
    return hours * 60 + minutes


ClockTime = Annotated[str, AfterValidator(_clock_time)]


class Quiet(Table):
    """Hours in which no planned call rings, and a visitor who wants to be rung now is asked once
    more."""

    model_config = ConfigDict(serialize_by_alias=True)

    since: Annotated[ClockTime, Field(alias="from")] = "20:00"
    """When they begin, by the clock of the called number's place."""
    until: ClockTime = "08:00"
    """When they end."""

    @model_validator(mode="after")
    def _have_length(self) -> Self:
        if self.since == self.until:
            raise ValueError(
                "from and until are the same time; leave the table out for no quiet hours"
            )
        return self

    def touches(self, begin: datetime, end: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet there at any time from `begin` up to `end`."""
        since, until = _minute(self.since), _minute(self.until)
        local = begin.astimezone(zone)
        minute = local.hour * 60 + local.minute
        # How long ago they began, and how soon they begin next, round the clock.
        begun, begins = (minute - since) % DAY_MINUTES, (since - minute) % DAY_MINUTES
        return begun < (until - since) % DAY_MINUTES or timedelta(minutes=begins) < end - begin

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet there at that instant."""
        return self.touches(at, at, zone)
