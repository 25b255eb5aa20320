"""Whatever brand colour the owner chooses, the text on it is readable."""

from __future__ import annotations

import itertools
import math
import random
import re

import pytest

from webapp.assets import STATIC
from webapp.domain.colour import PRESSED, shade_of, text_on

AA = 4.5
"""The contrast that WCAG 2.2 AA requires of text."""

MARK = 3.0
"""The contrast that it requires of marks that show a control or its state."""

SHEETS = {
    name: (STATIC / name).read_text("utf-8")
    for name in ("pages.css", "widget/launcher.css", "widget/panel.css")
}

Colour = tuple[float, float, float]


def channels(color: str) -> Colour:
    if len(color) == len("#rgb"):
        color = "#" + "".join(2 * digit for digit in color[1:])
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


def luminance(color: Colour) -> float:
    """Written independently from WCAG 2.2's definition, so that both must agree."""
    total = 0.0
    for weight, share in zip((0.2126, 0.7152, 0.0722), color, strict=True):
        linear = share / 12.92 if share <= 0.04045 else math.pow((share + 0.055) / 1.055, 2.4)
        total += weight * linear
    return total


def contrast(one: Colour, other: Colour) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Like `color-mix(in srgb, one, other share)`."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one, other, strict=True))
    return red, green, blue


def random_colours(count: int) -> list[str]:
    chance = random.Random(2026)
    return [f"#{chance.randrange(1 << 24):06x}" for _ in range(count)]


GREYS = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
GRID = [
    f"#{red:02x}{green:02x}{blue:02x}"
    for red, green, blue in itertools.product(range(0, 256, 15), repeat=3)
]
COLOURS = [
    pytest.param(GREYS, id="all greys"),
    pytest.param(GRID, id="a grid of 5,832"),
    pytest.param(random_colours(3_000), id="3,000 by chance"),
]


@pytest.mark.parametrize("colors", COLOURS)
def test_text_on_a_brand_colour_has_enough_contrast(colors: list[str]) -> None:
    found = {color: contrast(channels(color), channels(text_on(color))) for color in colors}
    worst = min(found, key=found.__getitem__)
    assert found[worst] >= AA, f"unreadable on {worst}"


@pytest.mark.parametrize("share", [PRESSED / 2, PRESSED], ids=["under the pointer", "pressed"])
@pytest.mark.parametrize("colors", COLOURS)
def test_text_on_a_hovered_button_has_enough_contrast(colors: list[str], share: float) -> None:
    """The colour that is mixed in leaves it the contrast that it needs."""
    found = {
        color: contrast(
            mixed(channels(color), channels(shade_of(color)), share), channels(text_on(color))
        )
        for color in colors
    }
    worst = min(found, key=found.__getitem__)
    assert found[worst] >= AA, f"unreadable on {worst} with {shade_of(worst)}"


def test_the_better_of_black_and_white_is_chosen() -> None:
    for color in GRID:
        chosen = text_on(color)
        other = {"#000": "#fff", "#fff": "#000"}[chosen]
        assert contrast(channels(color), channels(chosen)) >= contrast(
            channels(color), channels(other)
        ), color


@pytest.mark.parametrize("name", SHEETS)
def test_the_style_sheets_mix_only_the_shares_that_contrast_was_tested_for(name: str) -> None:
    """Nothing else changes a button's colours, so the tests above calculate what is really shown."""
    shares = re.findall(r"var\(--brand\), var\(--shade\) (\d+)%", SHEETS[name])
    # The panel's buttons follow the same rule as the launcher.
    assert shares or (
        name == "widget/panel.css" and ".primary:hover" in SHEETS["widget/launcher.css"]
    )
    assert {int(share) / 100 for share in shares} <= {PRESSED / 2, PRESSED}
    assert "brightness(" not in SHEETS[name]
    assert "var(--brand), var(--on-brand)" not in SHEETS[name]


CARDS = {"light": ("#ffffff", "#16181d"), "dark": ("#15171c", "#f1f3f6")}


@pytest.mark.parametrize("scheme", CARDS)
@pytest.mark.parametrize("colors", COLOURS)
def test_a_checked_radio_and_a_step_contrast_with_the_card(colors: list[str], scheme: str) -> None:
    """They are a half-and-half mix of the brand's colour and the card's text colour."""
    card, text = (channels(color) for color in CARDS[scheme])
    found = {color: contrast(mixed(channels(color), text, 0.5), card) for color in colors}
    worst = min(found, key=found.__getitem__)
    assert found[worst] >= MARK, f"{worst} does not show on the {scheme} card"


@pytest.mark.parametrize("name", ["pages.css", "widget/panel.css"])
def test_the_style_sheets_use_the_card_colours_that_contrast_was_tested_for(name: str) -> None:
    assert "--mark: color-mix(in srgb, var(--brand), var(--text));" in SHEETS[name]
    (light, text), (dark, light_text) = CARDS["light"], CARDS["dark"]
    short = light.replace("ffffff", "fff")
    for color in (short, text, dark, light_text):
        assert color in SHEETS[name], f"{color} is not what {name} paints"
