"""What has two meanings is asked about, and what people add to a number is undone."""

from __future__ import annotations

import sys
import time

import phonenumbers
import pytest
import regex
from phonenumbers import PhoneNumberFormat

from webapp.domain.phone.number import PhoneError, international
from webapp.domain.phone.reading import all_readings, full_phone, parse_phone
from webapp.domain.phone.spelling import calling_code_of, plain
from webapp.domain.refusals import Reason

US = "+12025550148"
MEXICO = "+525512345678"
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def refusal(typed: str, region: str = "US") -> PhoneError:
    with pytest.raises(PhoneError) as refused:
        parse_phone(typed, region)
    return refused.value


@pytest.mark.parametrize(
    ("typed", "region", "choices"),
    [
        ("4915123456789", "DE", ["+494915123456789", "+4915123456789"]),
        ("49 1512 3456789", "DE", ["+494915123456789", "+4915123456789"]),
        ("004915123456789", "DE", ["+4915123456789"]),
        ("015123456789", "DE", ["+4915123456789"]),
        ("4915123456789", "US", ["+4915123456789"]),
        ("62812345678", "ID", ["+6262812345678", "+62812345678"]),
        ("6465550148", "US", ["+16465550148", "+6465550148"]),
        ("16465550148", "US", ["+16465550148"]),
        # An area that is not known may be new: that reading is not given up for a stranger's number.
        ("6242345678", "US", ["+16242345678", "+6242345678"]),
        # An old spelling of home, and a number of New Jersey.
        ("1 55 1234 5678", "MX", [MEXICO, "+15512345678"]),
    ],
)
def test_digits_with_two_readings_are_refused_with_both_choices(
    typed: str, region: str, choices: list[str]
) -> None:
    if len(choices) == 1:
        assert parse_phone(typed, region).e164 == choices[0]
    else:
        assert refusal(typed, region).reason is Reason.PHONE_TWO_READINGS
        assert list(refusal(typed, region).choices) == choices
        assert all_readings(typed, {region}) >= {*choices} - {"+16242345678"}


def examples() -> list[str]:
    """A number of every region and kind, as E.164."""
    kinds = range(phonenumbers.PhoneNumberType.VOICEMAIL + 1)
    found = (
        phonenumbers.example_number_for_type(region, kind) for region in REGIONS for kind in kinds
    )
    return sorted(
        {
            phonenumbers.format_number(number, PhoneNumberFormat.E164)
            for number in found
            if number and phonenumbers.is_valid_number(number)
        }
    )


EXAMPLES = examples()
APART = 49
"""Each region meets each 49th number, each number five regions: all 270,000 pairs take minutes."""


@pytest.mark.unmeasured
@pytest.mark.parametrize("part", range(4))
def test_a_number_typed_without_plus_is_never_read_as_another_number(part: int) -> None:
    wrong = []
    for at, region in enumerate(REGIONS):
        for e164 in EXAMPLES[at % APART :: APART] if at % 4 == part else ():
            try:
                read = [parse_phone(e164[1:], region).e164]
            except PhoneError as error:
                read = [*error.choices]
            if e164 not in read or (len(read) > 1 and e164 not in all_readings(e164[1:], {region})):
                wrong.append((region, e164, read))
    assert wrong == []


@pytest.mark.unmeasured
@pytest.mark.parametrize("part", range(4))
def test_a_number_after_00_is_never_read_as_a_domestic_one(part: int) -> None:
    """The number abroad need not exist: with a digit changed, few do."""
    wrong = []
    for at, region in enumerate(REGIONS):
        home = phonenumbers.country_code_for_region(region)
        for e164 in EXAMPLES[at % APART :: APART] if at % 4 == part else ():
            code = str(calling_code_of(e164))
            digits = e164.removeprefix(f"+{code}")
            for changed in (digits, digits[::-1], "1" + digits[1:], digits[0] + "0" + digits[2:]):
                typed = f"00 {code} {changed}"
                try:
                    read = [parse_phone(typed, region).e164]
                except PhoneError as error:
                    read = [*error.choices]
                if is_dialled_in(region, typed):
                    continue  # some countries' numbers, or carriers, begin with 00
                if any(not number.startswith(f"+{code}") for number in read) and int(code) != home:
                    wrong.append((region, typed, read))
    assert wrong == []


def is_dialled_in(region: str, typed: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(typed, region))
    except phonenumbers.NumberParseException:
        return False


@pytest.mark.parametrize(
    ("typed", "region", "reason"),
    [
        ("001 624 234 5678", "DE", Reason.PHONE_UNKNOWN_AREA),
        ("001 624 234 5678", "AT", Reason.PHONE_UNKNOWN_AREA),
        ("00 44 171 946 0018", "DE", Reason.PHONE_UNKNOWN_AREA),
        ("202-555-0148\N{SUPERSCRIPT TWO}", "US", Reason.PHONE_NOT_A_NUMBER),
        ("030 123456\N{SUPERSCRIPT TWO}", "DE", Reason.PHONE_NOT_A_NUMBER),
        ("*67 202-555-0148", "DE", Reason.PHONE_NOT_A_NUMBER),
        ("030 123456 +5", "DE", Reason.PHONE_NOT_A_NUMBER),
        ("tel:2025550148;phone-context=+1;ext=5", "DE", Reason.PHONE_EXTENSION),
        ("tel:2025550148;EXT=5", "US", Reason.PHONE_EXTENSION),
        ("tel:2025550148;postd=5", "US", Reason.PHONE_EXTENSION),
        ("2025550100&phone_to_call=2", "US", Reason.PHONE_NOT_A_NUMBER),
    ],
)
def test_ambiguous_or_malformed_text_is_refused_with_its_reason(
    typed: str, region: str, reason: Reason
) -> None:
    assert refusal(typed, region).reason is reason


def test_every_reading_is_suppressed_where_sites_differ() -> None:
    """Those of an area that one of them allows too."""
    found = all_readings("(624) 234-5678", {"US", "DE"}, ["+1624"])
    assert found >= {"+16242345678", "+496242345678"}
    found = all_readings("16242345678", {"US", "DE"}, ["+1624"])
    assert found >= {"+16242345678", "+4916242345678"}


@pytest.mark.unmeasured
def test_no_unicode_character_raises_an_exception() -> None:
    """Some are digits to one library and not yet to another."""
    for code in range(sys.maxunicode + 1):
        plain(f"2{chr(code)}")


@pytest.mark.parametrize("typed", ["1" + "+" * 16_000 + "1", " " * 16_000, "," * 3_999 + "1"])
def test_a_long_text_is_refused_in_half_a_second(typed: str) -> None:
    began = time.process_time()
    refusal(typed)
    assert time.process_time() - began < 0.5


def test_a_chosen_reading_parses_as_itself() -> None:
    for choice in refusal("4915123456789", "DE").choices:
        assert parse_phone(choice, "DE").e164 == choice
        assert parse_phone(international(choice), "DE").e164 == choice


@pytest.mark.unmeasured
def test_invisible_characters_are_ignored_in_a_number() -> None:
    """By Unicode's own properties: every format character and everything that is ignored by default."""
    unseen = regex.findall(
        r"[\p{Cf}\p{Default_Ignorable_Code_Point}]", "".join(map(chr, range(sys.maxunicode + 1)))
    )
    assert len(unseen) > 4_000
    assert {"\ufe0d", "\u3164", "\u115f", "\uffa0", "\U000e0041", "\u180e"} <= set(unseen)
    for start in range(0, len(unseen), 500):
        marks = "".join(unseen[start : start + 500])
        assert parse_phone(f"+1{marks}-202-555-01{marks}48{marks}", "DE").e164 == US
    assert parse_phone("202\N{BRAILLE PATTERN BLANK}555 0148", "US").e164 == US


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        ("+52 1 55 1234 5678", "US", MEXICO),
        ("044 55 1234 5678", "MX", MEXICO),
        ("045 55 1234 5678", "MX", MEXICO),
        ("01 55 1234 5678", "MX", MEXICO),
        ("+52 044 55 1234 5678", "US", MEXICO),
        ("011 15 1234-5678", "AR", "+5491112345678"),
        ("+54 11 15 1234 5678", "US", "+5491112345678"),
        ("+55 11 8765 4321", "US", "+5511987654321"),
        ("(11) 8765-4321", "BR", "+5511987654321"),
        ("+57 1 2345678", "US", "+576012345678"),
        ("03 310 123 4567", "CO", "+573101234567"),
        ("+84 162 345 6789", "US", "+84323456789"),
        ("0120 345 6789", "VN", "+84703456789"),
        ("+229 90 01 12 34", "US", "+2290190011234"),
        ("+371 8 6712 3456", "US", "+37167123456"),
        ("8 600 1234", "EE", "+3726001234"),
        ("+36 06 20 123 4567", "US", "+36201234567"),
        ("8 (812) 123-45-67", "RU", "+78121234567"),
        ("+7 8 (495) 123-45-67", "US", "+74951234567"),
        ("09 8765 4321", "CL", "+56987654321"),
        ("+44 (0)20 7946 0018", "US", "+442079460018"),
        ("+34 0 912 34 56 78", "US", "+34912345678"),
        ("00 52 1 55 1234 5678", "DE", MEXICO),
        ("011 52 1 55 1234 5678", "US", MEXICO),
        ("521 55 1234 5678", "US", MEXICO),
    ],
)
def test_customary_old_spellings_are_read_as_the_numbers_of_today(
    typed: str, region: str, e164: str
) -> None:
    assert parse_phone(typed, region).e164 == e164


@pytest.mark.parametrize(
    "typed",
    [
        *("Phone: (202) 555-0148", "Tel. 202 555 0148", "T 202.555.0148", "☎ 202 555 0148"),
        *("📞 2025550148", "My number is 202-555-0148!", "202·555·0148", "202•555•0148"),
        *("202・555・0148", "202_555_0148", "callto:+12025550148", "callto://+1-202-555-0148"),
        *("sms:2025550148", "sms:+12025550148?body=hello", "smsto:2025550148", "SMS:2025550148"),
        *("202-555-0148,", "202-555-0148;", "202-555-0148.", "(202) 555-0148 …"),
        *("tel://2025550148", "Phone:\t(202)\t555-0148\n", '"202-555-0148"', "“202-555-0148”"),
        *("<tel:+12025550148>", "(202) 555-0148 mobile", "202 555 0148 (home)", "202 555 0148。"),
        *("sms:+12025550148&body=hi", "skype:+12025550148?call", "tel:2025550148;phone-context=+1"),
    ],
)
def test_a_number_is_read_as_it_was_pasted(typed: str) -> None:
    assert parse_phone(typed, "US").e164 == US


@pytest.mark.parametrize("number", ["202-555-0148", "+1 (202) 555-0148", "(624) 234-5678"])
@pytest.mark.parametrize(
    "extension",
    [
        *("~5", " ~ 55", " extension 5", " Extension: 5", " ext 5", " ext.5", "ext5", " x5", "x 5"),
        *(" #5", "#5", " Durchwahl 5", " DW 5", " poste 12", " int. 5", " anexo 5", " ramal 55"),
        *(" доб. 5", " вн. 55", " 内線5", " 내선 5", "转5", " wew. 5", " linka 5", " dahili 5"),
        *(" toestel 5", " anknytning 55", " שלוחה 5", " تحويلة ٥", ",5", ",,55", ", 5", ";5", "p5"),
        *(" (доб. 5)", " (x5)", " [x5]", ",,5#", " x5#", " #5#", " ext (5)", " Ext=5", " ext five"),
        *(" ext. 5 or 6", " x 5 (front desk)", "&5", "{5}", "--5"),
        *("w55", "*5", " / 5", "-5", " extn. 5", ";ext=5", " apparaat 5", " internal 1234567"),
    ],
)
def test_every_extension_is_told_apart_and_none_is_lost(number: str, extension: str) -> None:
    assert refusal(number + extension).reason is Reason.PHONE_EXTENSION


@pytest.mark.parametrize("extension", [" 5", " (5)", ".5", "…5"])
def test_digits_after_a_full_domestic_number_are_asked_about_or_an_extension(
    extension: str,
) -> None:
    """They may be an extension, or the last ones of another country's number: Egypt's, or none's."""
    assert refusal("202-555-0148" + extension).choices == [US, "+20255501485"]
    assert refusal("907-555-0148" + extension).reason is Reason.PHONE_EXTENSION
    assert refusal("(202) 555-0148" + extension).reason is Reason.PHONE_EXTENSION


def test_a_neighbours_number_is_not_read_as_domestic_with_an_extension() -> None:
    assert refusal("47 22 33 44 55", "DK").choices == ["+4547223344", "+4722334455"]


@pytest.mark.parametrize(
    ("link", "region", "read"),
    [
        ("tel:0049 151 23456789;phone-context=+49", "DE", ["+4915123456789"]),
        ("tel:4915123456789;phone-context=+49", "DE", ["+494915123456789", "+4915123456789"]),
        ("tel:0044 7911 123456;phone-context=+44", "GB", ["+447911123456"]),
        ("tel:2079460123;phone-context=+44", "US", ["+442079460123"]),
        ("tel:+12025550148;phone-context=+49", "DE", [US]),
    ],
)
def test_a_tel_links_phone_context_applies_to_a_number_without_a_code(
    link: str, region: str, read: list[str]
) -> None:
    if len(read) == 1:
        assert parse_phone(link, region).e164 == read[0]
    else:
        assert refusal(link, region).choices == read


@pytest.mark.parametrize(
    ("typed", "region"), [("030-1234567-8", "DE"), ("030 123456-78", "DE"), ("01/5123456-7", "AT")]
)
def test_digits_that_are_part_of_a_number_are_no_extension(typed: str, region: str) -> None:
    assert parse_phone(typed, region).region == region


def test_an_area_that_is_too_new_is_told_apart_and_can_be_allowed() -> None:
    assert refusal("(624) 234-5678").reason is Reason.PHONE_UNKNOWN_AREA
    assert refusal("+1 624 234 5678", "DE").reason is Reason.PHONE_UNKNOWN_AREA
    allowed = parse_phone("(624) 234-5678", "US", ["+1624"])
    assert (allowed.e164, allowed.region) == ("+16242345678", "US")
    assert parse_phone("+1 624 234 5678", "DE", ["+1624"]).region == "US"
    assert all_readings("(624) 234-5678", {"US"}) == {"+16242345678"}
    with pytest.raises(PhoneError):
        parse_phone("(625) 234-5678", "US", ["+1624"])


@pytest.mark.parametrize("typed", ["2025550148", "(202) 555-0148", "4915123456789", ""])
def test_a_full_number_needs_plus_or_00(typed: str) -> None:
    with pytest.raises(PhoneError):
        full_phone(typed)
    assert full_phone("+1 202 555 0148").e164 == full_phone("0012025550148").e164 == US
