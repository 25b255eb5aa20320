"""Quiet hours: the night at the called number's place."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from webapp.domain.site.table import Table


def _clock_time(value: str) -> str:
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        raise ValueError(f'{value!r} is no time of day; write it like "20:00"')
    return value


ClockTime = Annotated[str, AfterValidator(_clock_time)]


class Quiet(Table):
    """Hours in which a visitor who wants to be rung now is asked once more."""

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

    def holds(self, at: datetime, zone: ZoneInfo) -> bool:
        """Whether it is quiet there at that instant."""
        now = f"{at.astimezone(zone):%H:%M}"
        if self.since < self.until:
            return self.since <= now < self.until
        return now >= self.since or now < self.until
