"""Whatever brand colour the owner chooses, the text on it can be read."""

from __future__ import annotations

import itertools
import math

import pytest

from webapp.domain.colour import text_on

AA = 4.5
"""The contrast that WCAG 2.2 AA asks of text."""


def luminance(color: str) -> float:
    """Written again from WCAG 2.2's definition, so that both must agree."""
    weights = {1: 0.2126, 3: 0.7152, 5: 0.0722}
    total = 0.0
    for at, weight in weights.items():
        share = int(color[at : at + 2], 16) / 255
        linear = share / 12.92 if share <= 0.04045 else math.pow((share + 0.055) / 1.055, 2.4)
        total += weight * linear
    return total


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


GREYS = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
GRID = [
    f"#{red:02x}{green:02x}{blue:02x}"
    for red, green, blue in itertools.product(range(0, 256, 15), repeat=3)
]


@pytest.mark.parametrize("colors", [GREYS, GRID], ids=["all greys", "a grid of 5,832"])
def test_text_on_a_brand_colour_has_enough_contrast(colors: list[str]) -> None:
    worst = min(colors, key=lambda color: contrast(color, text_on(color)))
    assert contrast(worst, text_on(worst)) >= AA, f"unreadable on {worst}"


def test_the_better_of_black_and_white_is_chosen() -> None:
    for color in GRID:
        chosen = text_on(color)
        other = {"#000000": "#ffffff", "#ffffff": "#000000"}[chosen]
        assert contrast(color, chosen) >= contrast(color, other), color
