"""No text that passes through the mask holds a whole phone number; other numbers stay readable."""

from __future__ import annotations

import re

import pytest

from webapp.domain.masking import mask_numbers, mask_phone

PHONE_DIGITS = "2025550100"


@pytest.mark.parametrize("e164", ["+12025550100", "+442079460018", "+2908123"])
def test_a_masked_number_keeps_four_characters_at_most(e164: str) -> None:
    masked = mask_phone(e164)
    assert len(masked) == len(e164)
    assert len(masked.replace("*", "")) == 4


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("+12025550100", id="E.164"),
        pytest.param("2025550100", id="bare"),
        pytest.param("(202) 555-0100", id="as people write it"),
        pytest.param("+1 (202) 555-0100", id="international"),
        pytest.param("202.555.0100", id="dots"),
        pytest.param("1.202.555.0100", id="four groups with dots"),
        pytest.param("202 555 0100", id="spaces"),
        pytest.param("202\N{NO-BREAK SPACE}555\N{NO-BREAK SPACE}0100", id="no-break spaces"),
        pytest.param("202\N{NON-BREAKING HYPHEN}555\N{EN DASH}0100", id="dashes"),
        pytest.param("202/555/0100", id="slashes"),
        pytest.param("tel:+12025550100", id="after a colon with +"),
        pytest.param("phone:2025550100", id="after a colon"),
        pytest.param("phone=2025550100&x=1", id="a parameter"),
        pytest.param("phone=%2B12025550100", id="percent-encoded plus"),
        pytest.param("phone=202%20555%200100", id="percent-encoded spaces"),
        pytest.param("phone=202+555+0100", id="form-encoded spaces"),
        pytest.param("{'phone': '+12025550100'}", id="in quotes"),
        pytest.param(r"\u002b12025550100", id="escaped plus"),
        pytest.param(r"a\n2025550100\n", id="after an escaped line end"),
        pytest.param("2025550100x5", id="with an extension"),
        pytest.param("2025550100-", id="before a dash"),
        pytest.param("call_2025550100_now", id="between underscores"),
        pytest.param("2025550100,2025550100", id="twice"),
        pytest.param("10.0.0.1 2025550100", id="after an address"),
        pytest.param("2026-11-23 10:58:00 2025550100", id="after a date"),
    ],
)
def test_a_phone_number_in_a_text_is_masked_however_it_is_spelt(text: str) -> None:
    masked = mask_numbers(text)
    left = re.sub(r"2026-11-23 10:58:00|10\.0\.0\.1|%2[0B]|u002b", "", masked)
    assert len(re.sub(r"\D", "", left)) <= 4, f"too much of the number is left: {masked}"


def test_a_french_number_with_dots_is_not_taken_for_an_address() -> None:
    assert "45" not in mask_numbers("call 01.23.45.67.89 back")


def test_full_width_digits_are_masked_too() -> None:
    assert "２０２５" not in mask_numbers("２０２５５５０１００")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("127.0.0.1", id="IPv4"),
        pytest.param("10.20.30.40:54321", id="IPv4 with port"),
        pytest.param("listening on 192.168.100.200:8000 and 8001", id="address, then a port"),
        pytest.param("8000 127.0.0.1 8001", id="ports around an address"),
        pytest.param("[2001:db8:1234:5678::9abc]:8000", id="IPv6"),
        pytest.param("[::ffff:10.0.0.1]:5432", id="mapped IPv4"),
        pytest.param("2026-11-23", id="date"),
        pytest.param("2026-11-23 10:58:00", id="date and time"),
        pytest.param("2026-11-23T10:58:00+0000", id="ISO time"),
        pytest.param("on 2026-11-23 10:58:00,123 it stopped", id="date with milliseconds"),
        pytest.param("seconds=61.003 status=503", id="small numbers"),
        pytest.param("call=Ab1234567890_-12345678 x", id="a call's id"),
    ],
)
def test_addresses_ports_and_dates_stay_as_they_are(text: str) -> None:
    assert mask_numbers(text) == text


@pytest.mark.timeout(5)
def test_masking_a_long_hostile_text_is_fast() -> None:
    """A hostile vendor cannot hold the dispatcher with a text that is slow to search."""
    for evil in ("1 " * 50_000, "1" + "(" * 100_000, "1." * 50_000, "%20" * 50_000):
        assert len(mask_numbers(evil)) <= len(evil)
