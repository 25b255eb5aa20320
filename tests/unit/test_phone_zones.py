"""The zones that a number's phone may be in: those of its region, not of all that share its code."""

from __future__ import annotations

import pytest

from webapp.domain.phone.zones import zones_of_number


@pytest.mark.parametrize(
    ("e164", "zones"),
    [
        pytest.param("+18762101234", {"America/Jamaica"}, id="a mobile of Jamaica"),
        pytest.param("+12423591234", {"America/Nassau"}, id="a mobile of the Bahamas"),
        pytest.param("+18682911234", {"America/Port_of_Spain"}, id="a mobile of Trinidad"),
        pytest.param("+13035550100", {"America/Denver"}, id="an area of one zone"),
        pytest.param("+919812345678", {"Asia/Kolkata"}, id="under its present name"),
        pytest.param("+74012123456", {"Europe/Kaliningrad"}, id="as far as Bucharest's time"),
        pytest.param(
            "+353851234567",
            {"Europe/Guernsey", "Europe/Isle_of_Man", "Europe/London"},
            id="zones of other regions alone mean places of the same time",
        ),
        pytest.param("+870773111632", set(), id="a satellite phone"),
    ],
)
def test_a_number_is_in_the_zones_of_its_region(e164: str, zones: set[str]) -> None:
    assert {zone.key for zone in zones_of_number(e164)} == zones


@pytest.mark.parametrize(
    ("e164", "within", "outside"),
    [
        pytest.param(
            "+79161234567",
            {"Europe/Kaliningrad", "Europe/Moscow", "Asia/Kamchatka"},
            {"Europe/Bucharest", "Asia/Almaty"},
            id="a mobile of Russia",
        ),
        pytest.param("+77710009998", {"Asia/Almaty"}, {"Europe/Moscow"}, id="of Kazakhstan"),
        pytest.param(
            "+61412345678",
            {"Australia/Perth", "Australia/Sydney"},
            {"Indian/Christmas", "Indian/Cocos"},
            id="of Australia",
        ),
        pytest.param(
            "+18002345678",
            {"America/New_York", "Pacific/Honolulu"},
            {"Pacific/Guam", "America/Toronto"},
            id="a toll-free number",
        ),
    ],
)
def test_a_number_without_an_area_has_no_zones_of_other_regions(
    e164: str, within: set[str], outside: set[str]
) -> None:
    zones = {zone.key for zone in zones_of_number(e164)}
    assert within <= zones
    assert not outside & zones
