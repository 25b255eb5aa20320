"""Readable text on the owner's brand colour, also on hover."""

from __future__ import annotations

from collections.abc import Sequence

READABLE = 4.5
"""The contrast that WCAG 2.2 AA requires of text."""

PRESSED = 0.24
"""The share of the shade that the style sheets mix into a pressed button; half of it on hover."""

BLACK, WHITE = "#000", "#fff"


def text_on(background: str) -> str:
    """Black or white, whichever has the higher contrast on `background` (#rrggbb).

    The higher of the two is never below 4.58:1, and WCAG 2.2 AA requires 4.5:1.
    """
    below = _channels(background)
    return max(BLACK, WHITE, key=lambda text: _contrast(below, _channels(text)))


def shade_of(background: str) -> str:
    """The colour mixed into a button on hover, and more of it when pressed.

    The text's colour, as that shows best; if it leaves too little contrast, the opposite one.
    """
    text = text_on(background)
    ink = _channels(text)
    # Not rounded to 8-bit channels, as browsers do not round either.
    pressed = [
        channel + (target - channel) * PRESSED
        for channel, target in zip(_channels(background), ink, strict=True)
    ]
    if _contrast(pressed, ink) >= READABLE:
        return text
    return BLACK if text == WHITE else WHITE


def _contrast(first: Sequence[float], second: Sequence[float]) -> float:
    """The contrast ratio, 1 to 21, as defined in WCAG 2.2."""
    dark, light = sorted((_luminance(first), _luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(channels: Sequence[float]) -> float:
    """Relative luminance, 0 to 1, as defined in WCAG 2.2."""
    red, green, blue = (_linear(channel) for channel in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(color: str) -> list[float]:
    if color in (BLACK, WHITE):
        return [float(color == WHITE)] * 3
    return [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
