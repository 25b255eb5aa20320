"""Whatever is typed into a phone field either is a number that can be rung or is refused."""

from __future__ import annotations

import re

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.phone.number import PhoneError
from webapp.domain.phone.reading import parse_phone

pytestmark = pytest.mark.unmeasured

REGIONS = st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS))

DIGITS = [*"0123456789", "٢", "２", "00", "011", "+1", "+44"]
MARKS = [*"+()-./ #", "\N{EM DASH}", "\u202a", "\u200e", "tel:", "%2B", "ext. 5", ";ext=1"]
PIECES = st.sampled_from([*DIGITS, *MARKS, ";phone-context=+1"])
NEARLY = st.lists(PIECES, max_size=24).map("".join)
"""Texts that look like numbers more often than random ones do."""


def spellings(number: phonenumbers.PhoneNumber) -> list[str]:
    """Ten ways in which people and programs anywhere write one number."""
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    abroad = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    link = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966)
    return [
        e164,
        abroad,
        link,
        link.upper().replace("+", "%2B"),
        abroad.replace(" ", "\N{NO-BREAK SPACE}"),
        abroad.replace("-", "\N{EN DASH}"),
        f"\u202a{abroad}\u202c",
        f"  {abroad.replace(' ', '  ')}\n",
        e164.translate(str.maketrans("+0123456789", "＋０１２３４５６７８９")),
        e164.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    ]


def examples() -> list[phonenumbers.PhoneNumber]:
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    found = (
        phonenumbers.example_number_for_type(region, kind)
        for region in sorted(phonenumbers.SUPPORTED_REGIONS)
        for kind in kinds
    )
    return [number for number in found if number and phonenumbers.is_valid_number(number)]


EXAMPLES = examples()


@st.composite
def disturbed(draw: st.DrawFn) -> str:
    """A number in some spelling, with an extra piece somewhere."""
    text: str = draw(st.sampled_from(spellings(draw(st.sampled_from(EXAMPLES)))))
    at = draw(st.integers(0, len(text)))
    piece: str = draw(PIECES)
    return text[:at] + piece + text[at:]


@given(st.text() | NEARLY | disturbed(), REGIONS)
def test_any_text_is_refused_or_is_a_valid_number_that_reads_as_itself(
    typed: str, region: str
) -> None:
    try:
        phone = parse_phone(typed, region)
    except PhoneError:
        return
    assert re.fullmatch(r"\+[1-9][0-9]{6,14}", phone.e164)
    assert phonenumbers.is_valid_number(phonenumbers.parse(phone.e164))
    for anywhere in (region, "US", "ZZ"):
        assert parse_phone(phone.e164, anywhere) == phone
    assert phone.e164 not in repr(phone)


@given(st.sampled_from(EXAMPLES), REGIONS)
def test_ten_spellings_of_a_number_are_one_number_wherever_they_are_typed(
    number: phonenumbers.PhoneNumber, region: str
) -> None:
    """Otherwise each spelling would have limits of its own."""
    read = [parse_phone(spelling, region) for spelling in spellings(number)]
    assert len(read) == 10
    assert len(set(read)) == 1, read
