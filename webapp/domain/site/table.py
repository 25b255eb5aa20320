"""What every table of a site's configuration has in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""A text that is shown in one line."""


class Table(BaseModel):
    """A TOML table: unknown keys are faults, values are not converted, and instances are frozen.

    pydantic's faults are worded without the value, as it may be one of a site's secrets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)
