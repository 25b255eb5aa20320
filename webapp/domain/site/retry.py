"""Another try of a phone that was busy."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from webapp.domain.site.table import Table


class Retry(Table):
    """How often, and how soon."""

    times: Annotated[int, Field(ge=1, le=2)] = 1
    """How often a wish is tried again."""
    after_minutes: Annotated[int, Field(ge=1, le=720)] = 5
    """Minutes after the phone was busy."""

    @property
    def pause(self) -> timedelta:
        return timedelta(minutes=self.after_minutes)
