"""Text that can be read on the owner's brand colour, also while the pointer is on it."""

from __future__ import annotations

READABLE = 4.5
"""The contrast that WCAG 2.2 AA asks of text."""

PRESSED = 0.24
"""How much shade the style sheets mix into a pressed button; half of it under the pointer."""

BLACK, WHITE = "#000000", "#ffffff"


def text_on(background: str) -> str:
    """Black or white, whichever has the higher contrast on `background` (#rrggbb).

    The higher of the two is never below 4.58:1, above the 4.5:1 that WCAG 2.2 AA asks for.
    """
    return max(BLACK, WHITE, key=lambda text: contrast(background, text))


def shade_of(background: str) -> str:
    """What is mixed into a button of this colour under the pointer, and more of it when pressed.

    The colour of its text, as a button that comes towards its text shows best, unless that leaves
    too little between the two; then the other one of black and white.
    """
    text = text_on(background)
    if contrast(_mixed(background, text, PRESSED), text) >= READABLE:
        return text
    return BLACK if text == WHITE else WHITE


def contrast(one: str, other: str) -> float:
    """1 to 21, by the definition in WCAG 2.2."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _mixed(color: str, other: str, share: float) -> str:
    """As `color-mix(in srgb, color, other share)`."""
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _luminance(color: str) -> float:
    """Relative luminance, 0 to 1, by the definition in WCAG 2.2."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _channels(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
