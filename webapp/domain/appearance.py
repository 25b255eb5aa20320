"""How the widget looks on a site, and when it shows: what the owner chooses for the brand."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from webapp.domain.colour import shade_of, text_on


class Table(BaseModel):
    """A TOML table: unknown keys are faults, values are taken as written, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _color(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError(f'{value!r} is no colour; write six hex digits, like "#0b6b57"')
    return value.lower()


def _path_pattern(value: str) -> str:
    if not re.match(r"!?[/*]", value):
        raise ValueError(f'{value!r} is no path pattern; write it like "/pricing*" or "!/jobs/*"')
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Color = Annotated[str, AfterValidator(_color)]
Pixels = Annotated[int, Field(ge=0, le=200)]
PathPattern = Annotated[str, StringConstraints(max_length=200), AfterValidator(_path_pattern)]


class Appearance(Table):
    """What the widget borrows from the brand. Texts are in the site's own language; visitors of
    another one are shown the catalogue's words."""

    color: Color = "#1f5eff"
    label: Line | None = None
    title: Line | None = None
    sentence: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    launcher: Literal["pill", "bubble", "tab", "inline"] = "pill"
    position: Literal["start", "end", "left", "right"] = "end"
    offset: Annotated[list[Pixels], Field(min_length=2, max_length=2)] = [24, 24]
    """Pixels from the side and from the bottom."""
    radius: Annotated[int, Field(ge=0, le=28)] = 16
    theme: Literal["auto", "light", "dark", "host"] = "auto"

    @property
    def text_color(self) -> str:
        """Black or white, whichever can be read on the brand's colour."""
        return text_on(self.color)

    @property
    def shade(self) -> str:
        """What is mixed into the brand's colour under the pointer."""
        return shade_of(self.color)


class Show(Table):
    """When the floating button shows: at once and everywhere, unless the owner says otherwise."""

    paths: list[PathPattern] = []
    """`*` stands for anything; a pattern after `!` hides. The last one that fits decides; before
    it, the button shows unless there is a pattern that shows."""
    device: Literal["any", "touch", "mouse"] = "any"
    delay_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    scroll_percent: Annotated[int, Field(ge=0, le=100)] = 0

    @property
    def rules(self) -> dict[str, object]:
        """What differs from showing at once and everywhere; empty if nothing does."""
        return self.model_dump(exclude_defaults=True)
