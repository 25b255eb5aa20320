"""What every table of a site's configuration has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
"""A text that is shown in one line."""


class Table(BaseModel):
    """A TOML table: unknown keys are faults, values are not converted, and instances are frozen.

    pydantic's faults are worded without the value, as it may be one of a site's secrets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


_Read = TypeVar("_Read", bound=Table)


def read_with_faults(
    given: object,
    read: Callable[[object], _Read],
    faults_of: Callable[[Mapping[str, object]], Iterable[str]],
) -> _Read:
    """The table as `read`, for a wrap validator. Raises ValidationError with the faults that pydantic
    finds and those of the table as it was given: a model's own validators would have to wait until
    every value is valid."""
    faults = faults_of(given) if isinstance(given, dict) else ()
    more = [
        InitErrorDetails(type="value_error", input=given, ctx={"error": ValueError(fault)})
        for fault in faults
    ]
    try:
        table = read(given)
    except ValidationError as error:
        raise _faulty([*map(_as_given, error.errors()), *more]) from None
    if more:
        raise _faulty(more)
    return table


def _as_given(fault: ErrorDetails) -> InitErrorDetails:
    """A fault that pydantic has reported, as it takes it to report it again."""
    return InitErrorDetails(
        type=fault["type"], loc=fault["loc"], input=fault["input"], ctx=fault.get("ctx", {})
    )


def _faulty(faults: list[InitErrorDetails]) -> ValidationError:
    return ValidationError.from_exception_data("table", faults, hide_input=True)
