"""How the widget looks on a site, and when it shows: what the owner chooses for the brand."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from webapp.domain.colour import shade_of, text_on


class Table(BaseModel):
    """A TOML table: unknown keys are faults, values are taken as written, nothing changes later.

    A fault as pydantic words it names no value: a site's secrets are among them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)


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
_IN_PATHS = "!$%&'()*+,/:;=@[]|"
"""What browsers leave as it is in an address's path, beside ASCII letters, digits and -._~"""


def _spelt(pattern: str) -> str:
    """As browsers spell addresses."""
    quoted = quote(pattern, safe=_IN_PATHS)
    return re.sub("%[0-9a-fA-F]{2}", lambda found: found[0].upper(), quoted)


PathPattern = Annotated[str, StringConstraints(max_length=200), AfterValidator(_path_pattern)]


class Appearance(Table):
    """What the widget borrows from the brand. Texts are in the site's own language; visitors of
    another one are shown the catalogue's words."""

    color: Color = "#1f5eff"
    """The brand's colour, as six hex digits."""
    label: Line | None = None
    """The button's text, in the site's language; else the catalogue's."""
    title: Line | None = None
    """The panel's first line, likewise."""
    sentence: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    """The line below it, likewise."""
    launcher: Literal["pill", "bubble", "tab", "inline"] = "pill"
    """The button's shape; inline floats nowhere."""
    position: Literal["start", "end", "left", "right"] = "end"
    """The side it floats at: where lines of the page begin or end, or always left or right."""
    offset: Annotated[list[Pixels], Field(min_length=2, max_length=2)] = [24, 24]
    """Pixels from the side and from the bottom."""
    radius: Annotated[int, Field(ge=0, le=28)] = 16
    """Pixels of the panel's corners."""
    theme: Literal["auto", "light", "dark", "host"] = "auto"
    """As the visitor's system (auto), light, dark, or as the page (host)."""

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
    """Where the button floats: everywhere, or only with a touch screen, or only with a mouse."""
    delay_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """How long after the page has loaded."""
    scroll_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """After how much of the page was scrolled; with a delay too, whichever comes first."""

    @property
    def rules(self) -> dict[str, object]:
        """What differs from showing at once and everywhere; empty if nothing does. Paths are spelt as
        browsers spell them: `/%C3%BCber%20uns`."""
        told = self.model_dump(exclude_defaults=True)
        if self.paths:
            told["paths"] = [_spelt(pattern) for pattern in self.paths]
        return told
