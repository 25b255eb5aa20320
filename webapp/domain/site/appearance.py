"""How the widget looks on a site, and when it shows."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import AfterValidator, Field, StringConstraints

from webapp.domain.colour import shade_of, text_on
from webapp.domain.site.table import Line, Table


def _color(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError(f'{value!r} is no colour; write six hex digits, like "#0b6b57"')
    return value.lower()


def _path_pattern(value: str) -> str:
    if not re.match(r"!?[/*]", value):
        raise ValueError(f'{value!r} is no path pattern; write it like "/pricing*" or "!/jobs/*"')
    return value


Color = Annotated[str, AfterValidator(_color)]
Pixels = Annotated[int, Field(ge=0, le=200)]
_IN_PATHS = "!$%&'()*+,/:;=@[]|"
"""What browsers do not escape in the path of an address, besides ASCII letters, digits and -._~"""


def _percent_encoded(pattern: str) -> str:
    """The pattern percent-encoded as browsers do it."""
    quoted = quote(pattern, safe=_IN_PATHS)
    return re.sub("%[0-9a-fA-F]{2}", lambda found: found[0].upper(), quoted)


PathPattern = Annotated[str, StringConstraints(max_length=200), AfterValidator(_path_pattern)]


class Appearance(Table):
    """The widget in the colours and words of the brand. Texts are in the site's own language; visitors
    who use another one see the catalogue's words."""

    color: Color = "#1f5eff"
    """The brand's colour, as six hex digits."""
    label: Line | None = None
    """The button's text, in the site's language; by default the catalogue's."""
    title: Line | None = None
    """The panel's first line, likewise."""
    sentence: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    """The line below it, likewise."""
    launcher: Literal["pill", "bubble", "tab", "inline"] = "pill"
    """The button's shape; inline does not float."""
    position: Literal["start", "end", "left", "right"] = "end"
    """The side where it floats: where the page's lines begin (start) or end, or always left or right."""
    offset: Annotated[list[Pixels], Field(min_length=2, max_length=2)] = Field(
        default_factory=lambda: [24, 24]
    )
    """Pixels from the side and from the bottom."""
    radius: Annotated[int, Field(ge=0, le=28)] = 16
    """The radius of the panel's corners, in pixels."""
    theme: Literal["auto", "light", "dark", "host"] = "auto"
    """Like the visitor's system (auto), light, dark, or like the page (host)."""

    @property
    def text_color(self) -> str:
        """Black or white, whichever is easier to read on the brand's colour."""
        return text_on(self.color)

    @property
    def shade(self) -> str:
        """The colour that is mixed into the brand's under the pointer."""
        return shade_of(self.color)


class Show(Table):
    """When the floating button shows: at once and everywhere, unless the owner says otherwise."""

    paths: list[PathPattern] = Field(default_factory=list)
    """Patterns of paths: `*` stands for anything, and `!` before a pattern hides the button there. The
    last match decides. Without any, the button shows unless there is a pattern without `!`."""
    device: Literal["any", "touch", "mouse"] = "any"
    """Where the button floats: on any device, only with a touch screen, or only with a mouse."""
    delay_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """Seconds to wait after the page has loaded."""
    scroll_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """How much of the page has to be scrolled. With a delay as well, whichever comes first."""

    @property
    def rules(self) -> dict[str, object]:
        """The settings that differ from showing at once and everywhere; empty if none does. Paths are
        spelt as browsers spell them: `/%C3%BCber%20uns`."""
        rules = self.model_dump(exclude_defaults=True)
        if self.paths:
            rules["paths"] = [_percent_encoded(pattern) for pattern in self.paths]
        return rules
