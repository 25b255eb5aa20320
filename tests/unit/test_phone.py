"""What people type and paste is read as one E.164 number, or refused with a reason."""

from __future__ import annotations

import pytest
from phonenumbers import SUPPORTED_REGIONS

from webapp.domain.phone.number import (
    Phone,
    PhoneError,
    PhoneKind,
    display_phone,
    example_phone,
    is_ambiguous_region,
    is_region,
)
from webapp.domain.phone.reading import parse_phone
from webapp.domain.refusals import Reason

US, GB, DE, AU = "+12025550100", "+442079460018", "+493012345678", "+61255501234"


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        pytest.param("2025550100", "US", US, id="bare digits"),
        pytest.param("(202) 555-0100", "US", US, id="brackets and dash"),
        pytest.param("202.555.0100", "US", US, id="dots"),
        pytest.param("  202 555  0100 \n", "US", US, id="spaces all over"),
        pytest.param("202\t555\t0100", "US", US, id="tabs, as from a table"),
        pytest.param("1 202 555 0100", "US", US, id="trunk 1"),
        pytest.param("+1 (202) 555-0100", "GB", US, id="plus, from abroad"),
        pytest.param("+44 (0)20 7946 0018", "US", GB, id="plus with a bracketed 0"),
        pytest.param("020 7946 0018", "GB", GB, id="national with 0"),
        pytest.param("(+44) 20/7946/0018", "US", GB, id="bracketed plus, slashes"),
        pytest.param("0049 30 12345678", "GB", DE, id="00 where it is the prefix"),
        pytest.param("00 44 20 7946 0018", "US", GB, id="00 in US"),
        pytest.param("011 44 20 7946 0018", "US", GB, id="011 in US"),
        pytest.param("0011 44 20 7946 0018", "AU", GB, id="0011 in AU"),
        pytest.param("00 44 20 7946 0018", "AU", GB, id="00 in AU"),
        pytest.param("(02) 5550 1234", "AU", AU, id="national in AU"),
        pytest.param("２０２５５５０１００", "US", US, id="full-width digits"),
        pytest.param("＋１（２０２）５５５－０１００", "US", US, id="all full-width"),
        pytest.param(
            "202\N{NO-BREAK SPACE}555\N{NO-BREAK SPACE}0100", "US", US, id="no-break spaces"
        ),
        pytest.param(
            "202\N{NARROW NO-BREAK SPACE}555\N{THIN SPACE}0100", "US", US, id="thin spaces"
        ),
        pytest.param("٢٠٢٥٥٥٠١٠٠", "US", US, id="Arabic digits"),
        pytest.param("۲۰۲۵۵۵۰۱۰۰", "US", US, id="Persian digits"),
        pytest.param("٠٠٤٤٢٠٧٩٤٦٠٠١٨", "US", GB, id="Arabic 00"),
        pytest.param("\u202a+1 202-555-0100\u202c", "US", US, id="embedding marks"),
        pytest.param("\u200e2025550100\u200f", "US", US, id="direction marks"),
        pytest.param("\u20662025550100\u2069", "US", US, id="isolates"),
        pytest.param("\u061c2025550100", "US", US, id="Arabic letter mark"),
        pytest.param("\ufeff202\u00ad555\u20600100", "US", US, id="BOM, soft hyphen, joiner"),
        pytest.param(
            "202\N{NON-BREAKING HYPHEN}555\N{EN DASH}0100", "US", US, id="typographic dashes"
        ),
        pytest.param("202\N{EM DASH}555\N{MINUS SIGN}0100", "US", US, id="em dash and minus"),
        pytest.param("202ー555ー0100", "US", US, id="Japanese long vowel marks"),
        pytest.param("tel:+1-202-555-0100", "GB", US, id="tel link"),
        pytest.param("TEL:+1%20202%20555%200100", "GB", US, id="tel link with %20"),
        pytest.param("tel:%2B12025550100", "GB", US, id="tel link with %2B"),
        pytest.param("tel:2025550100;phone-context=+1", "US", US, id="phone-context"),
        pytest.param("tel:+12025550100?x=1", "US", US, id="tel link with a query"),
    ],
)
def test_a_number_is_read_in_every_way_people_write_it(typed: str, region: str, e164: str) -> None:
    assert parse_phone(typed, region).e164 == e164


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        pytest.param("", Reason.PHONE_EMPTY, id="nothing"),
        pytest.param(" \t\n", Reason.PHONE_EMPTY, id="blanks"),
        pytest.param("\u200b\u202a\ufeff", Reason.PHONE_EMPTY, id="invisible marks"),
        pytest.param("tel:", Reason.PHONE_EMPTY, id="an empty tel link"),
        pytest.param("12345", Reason.PHONE_TOO_SHORT, id="too short"),
        pytest.param("1", Reason.PHONE_NOT_A_NUMBER, id="one digit"),
        pytest.param("+1 202", Reason.PHONE_TOO_SHORT, id="too short, with +"),
        pytest.param("00 12", Reason.PHONE_TOO_SHORT, id="too short, with 00"),
        pytest.param("2025550100123", Reason.PHONE_TOO_LONG, id="too long"),
        pytest.param("+1 202 555 0100 0100 0100 0100", Reason.PHONE_TOO_LONG, id="far too long"),
        pytest.param("2" * 10_000, Reason.PHONE_TOO_LONG, id="10 kB of digits"),
        pytest.param("(" * 10_000, Reason.PHONE_TOO_LONG, id="10 kB of brackets"),
        pytest.param("202-555-0100 x5", Reason.PHONE_EXTENSION, id="x5"),
        pytest.param("202-555-0100 ext. 55", Reason.PHONE_EXTENSION, id="ext."),
        pytest.param("2025550100 Ext 55", Reason.PHONE_EXTENSION, id="Ext"),
        pytest.param("2025550100#55", Reason.PHONE_EXTENSION, id="hash"),
        pytest.param("tel:+12025550100;ext=55", Reason.PHONE_EXTENSION, id="tel link with ext"),
        pytest.param(
            "tel:+12025550100;ext=55;phone-context=+1", Reason.PHONE_EXTENSION, id="ext and context"
        ),
        pytest.param("call me", Reason.PHONE_NOT_A_NUMBER, id="letters"),
        pytest.param("1-800-FLOWERS", Reason.PHONE_NOT_A_NUMBER, id="vanity letters"),
        pytest.param("202555O1OO", Reason.PHONE_NOT_A_NUMBER, id="letter O for zero"),
        pytest.param("2️⃣0️⃣2️⃣5️⃣5️⃣5️⃣0️⃣1️⃣0️⃣0️⃣", Reason.PHONE_NOT_A_NUMBER, id="keycap emoji"),
        pytest.param("2025550100\0", Reason.PHONE_NOT_A_NUMBER, id="NUL"),
        pytest.param("+12025550100;menu_id=1", Reason.PHONE_NOT_A_NUMBER, id="a parameter"),
        pytest.param("2025550100&phone_to_call=2", Reason.PHONE_NOT_A_NUMBER, id="an ampersand"),
        pytest.param("+", Reason.PHONE_NOT_A_NUMBER, id="only a plus"),
        pytest.param("()()", Reason.PHONE_NOT_A_NUMBER, id="only brackets"),
        pytest.param("202+5550100", Reason.PHONE_NOT_A_NUMBER, id="a plus inside"),
        pytest.param("+999 2025550100", Reason.PHONE_NOT_A_NUMBER, id="no such country"),
        pytest.param("5551112222", Reason.PHONE_UNKNOWN_AREA, id="no such area code"),
        pytest.param("(624) 234-5678", Reason.PHONE_UNKNOWN_AREA, id="an area of tomorrow"),
        pytest.param("0012345", Reason.PHONE_TOO_SHORT, id="too short a number after 00"),
    ],
)
def test_an_invalid_number_is_refused_with_its_reason(typed: str, reason: Reason) -> None:
    with pytest.raises(PhoneError) as refusal:
        parse_phone(typed, "US")
    assert refusal.value.reason is reason


def test_a_number_has_its_own_region_not_that_of_the_site() -> None:
    assert parse_phone("+1 416 555 0123", "US").region == "CA"
    assert parse_phone("+1 876 555 0123", "US").region == "JM"
    assert parse_phone("+800 1234 5678", "US").region == "001"


def test_a_refusal_never_repeats_what_was_typed() -> None:
    with pytest.raises(PhoneError) as refusal:
        parse_phone("202-555-0100 extension five", "US")
    assert "0100" not in f"{refusal.value} {refusal.value!r}"


def test_a_number_is_masked_when_it_is_printed() -> None:
    phone = Phone(US, "US", PhoneKind.FIXED_LINE_OR_MOBILE)
    assert "20255501" not in f"{phone} {phone!r}"


def test_the_example_of_every_region_is_a_number_that_we_would_take() -> None:
    unusable = []
    for region in sorted(SUPPORTED_REGIONS):
        try:
            phone = parse_phone(example_phone(region), region)
        except PhoneError as error:
            if error.reason is not Reason.PHONE_TWO_READINGS:
                unusable.append(f"{region}: {error}")
        else:
            if phone.reads_as_north_american and not is_ambiguous_region(region):
                unusable.append(f"{region}: ambiguous")
    assert not unusable


@pytest.mark.parametrize("region", ["US", "DE", "FR", "IS"])
def test_the_example_is_never_the_owners_own_number(region: str) -> None:
    owners = parse_phone(example_phone(region), region).e164
    other = example_phone(region, owners)
    assert other
    assert parse_phone(other, region).e164 != owners


def test_the_ambiguous_regions_are_these_seven() -> None:
    """`callme check` names them to an owner who has one."""
    assert [region for region in sorted(SUPPORTED_REGIONS) if is_ambiguous_region(region)] == [
        *("BZ", "GM", "IS", "KM", "PW", "SC", "ST")
    ]


def test_a_number_is_shown_as_its_readers_write_it() -> None:
    """National at home, international abroad."""
    assert display_phone(US, "US") == "(202) 555-0100"
    assert display_phone(US, "GB") == "+1 202-555-0100"


@pytest.mark.parametrize("code", ["us", "XX", "", "USA", "001"])
def test_an_invalid_region_code_is_no_region(code: str) -> None:
    assert is_region("US")
    assert not is_region(code)
