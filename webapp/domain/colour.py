"""Text that can be read on the owner's brand colour."""

from __future__ import annotations


def text_on(background: str) -> str:
    """Black or white, whichever has the higher contrast on `background` (#rrggbb).

    The higher of the two is never below 4.58:1, above the 4.5:1 that WCAG 2.2 AA asks for.
    """
    light = _luminance(background)
    return "#000000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#ffffff"


def _luminance(color: str) -> float:
    """Relative luminance, 0 to 1, by the definition in WCAG 2.2."""
    red, green, blue = (_linear(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
