"""Reads what people type into a phone field as E.164 numbers: one, or several that it may mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from webapp.domain.phone.number import KINDS, Phone, PhoneError, PhoneKind, e164_of
from webapp.domain.phone.spelling import (
    brackets_an_area,
    has_named_extension,
    is_typable,
    plain,
    todays,
    without_extension,
    without_stray_digits,
)
from webapp.domain.refusals import Reason

NATIONAL = PhoneNumberFormat.NATIONAL

MAX_TYPED = 64
"""Characters. Longer than any way to write a number; libphonenumber's own limit is 250."""

_MAX_PASTED = 4_000
"""The same before invisible characters are dropped."""

NO_REGION = "ZZ"
"""For numbers that are typed with +CC, whatever the country."""


def parse_phone(typed: str, region: str, extra_prefixes: Collection[str] = ()) -> Phone:
    """Read what a person typed or pasted; a number without +CC is taken to be in `region`.

    `extra_prefixes`, such as +1624, are areas that are newer than libphonenumber's metadata. Raises
    PhoneError, with `choices` if the digits are ambiguous.
    """
    text = _checked(typed, region)
    at_home = [*_parsed([text], region)]
    found = _valid(at_home, region, extra_prefixes)
    if any(number.extension for number in at_home) or (not found and _is_extended(text, region)):
        raise PhoneError(Reason.PHONE_EXTENSION)
    abroad = _valid(_parsed(_with_plus(text), region), region, extra_prefixes)
    if brackets_an_area(text) and not any(map(phonenumbers.is_valid_number, at_home)):
        abroad = []
    shorter = [] if found else [*_grouped_as_at_home(without_stray_digits(text), region)]
    if shorter and not abroad:
        raise PhoneError(Reason.PHONE_EXTENSION)
    if not found and not (abroad and _international_prefix(text, region)):
        found = _valid(_parsed(_corrected(text, region), region), region, extra_prefixes)
    if not (found or abroad):
        spellings = (spelling for full in _with_plus(text) for spelling in _corrected(full, region))
        abroad = _valid(_parsed(spellings, region), region, extra_prefixes)
    choices = [phone.e164 for phone in found]
    if abroad and not found and not text.startswith("00"):
        # The unknown area may be a new one: then the national reading is meant.
        choices = [e164_of(number) for number in at_home if _is_possible(number)]
    choices = [*shorter, *choices]
    choices += [phone.e164 for phone in abroad if phone.e164 not in choices]
    if len(choices) > 1:
        raise PhoneError(Reason.PHONE_TWO_READINGS, choices)
    if choices:
        return (found or abroad)[0]
    raise PhoneError(_reason_of(text, region))


def full_phone(typed: str) -> Phone:
    """A number with its +CC. Raises PhoneError."""
    phone = parse_phone(typed, NO_REGION)
    if not plain(typed).lstrip("( ").startswith(("+", "00")):
        raise PhoneError(Reason.PHONE_NOT_VALID)
    return phone


def all_readings(
    typed: str, regions: Iterable[str], extra_prefixes: Collection[str] = ()
) -> set[str]:
    """Every E.164 number that the text may mean in these regions: the valid ones, or else the possible
    ones, as areas may be newer than libphonenumber's metadata.

    Raises PhoneError if there is none.
    """
    valid: set[str] = set()
    possible: set[str] = set()
    refusal: PhoneError | None = None
    for region in sorted(regions) or [NO_REGION]:
        try:
            valid.add(parse_phone(typed, region, extra_prefixes).e164)
        except PhoneError as error:
            valid.update(error.choices)
            if error.reason is Reason.PHONE_UNKNOWN_AREA:
                possible.update(map(e164_of, _parsed([plain(typed)], region)))
            refusal = error
    if refusal and not (valid or possible):
        raise refusal
    return valid or possible


def _checked(typed: str, region: str) -> str:
    if len(typed) > _MAX_PASTED:
        raise PhoneError(Reason.PHONE_TOO_LONG)
    text = plain(typed)
    if not text:
        raise PhoneError(Reason.PHONE_EMPTY)
    if len(text) > MAX_TYPED:
        raise PhoneError(Reason.PHONE_TOO_LONG)
    if has_named_extension(text):
        raise PhoneError(Reason.PHONE_EXTENSION)
    if not is_typable(text):
        extended = _is_extended(text, region)
        raise PhoneError(Reason.PHONE_EXTENSION if extended else Reason.PHONE_NOT_A_NUMBER)
    return text


def _with_plus(text: str) -> Iterator[str]:
    """The text as an international number whose + was left out."""
    if "+" not in text:
        yield "+" + re.sub(r"\D", "", text).removeprefix("00")


def _parsed(spellings: Iterable[str], region: str) -> Iterator[PhoneNumber]:
    for spelling in spellings:
        try:
            yield phonenumbers.parse(spelling, region)
        except NumberParseException:
            continue


def _valid(
    numbers: Iterable[PhoneNumber], region: str, extra_prefixes: Collection[str]
) -> list[Phone]:
    """The valid numbers, without duplicates."""
    found: dict[str, Phone] = {}
    for number in numbers:
        e164 = e164_of(number)
        where = phonenumbers.region_code_for_number(number)
        if where and phonenumbers.is_valid_number_for_region(number, where):
            found[e164] = Phone(e164, where, KINDS[phonenumbers.number_type(number)])
        elif e164.startswith(tuple(extra_prefixes)) and _is_possible(number):
            found[e164] = Phone(e164, _home(number, region), PhoneKind.FIXED_LINE_OR_MOBILE)
    return [*found.values()]


def _home(number: PhoneNumber, region: str) -> str:
    """The region of a number in an unknown area: `region` if it has the number's calling code, else the
    code's main region."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[number.country_code or 0]
    return region if region in regions else str(regions[0])


def _is_possible(number: PhoneNumber) -> bool:
    """By its length alone; a leading 00 is not an area code but a way to write +."""
    verdict = phonenumbers.is_possible_number_with_reason(number)
    return verdict == ValidationResult.IS_POSSIBLE and (number.number_of_leading_zeros or 0) < 2


def _is_extended(text: str, region: str) -> bool:
    """Whether the text is a number of the region followed by more digits."""
    return any(
        is_typable(short) and any(map(_is_possible, _parsed([short], region)))
        for short in without_extension(text)
    )


def _grouped_as_at_home(text: str, region: str) -> Iterator[str]:
    """The text as E.164 if it is a valid number of the region, with its digits grouped as they are
    there."""
    for number in _parsed([text] if text[:1] not in ("", "+") else [], region):
        grouped = _groups(text) == _groups(phonenumbers.format_number(number, NATIONAL))
        if grouped and phonenumbers.is_valid_number(number):
            yield e164_of(number)


def _groups(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def _corrected(text: str, region: str) -> Iterator[str]:
    """Today's spelling of an old or mistaken one. Digits after an international prefix are not the
    region's."""
    prefix = _international_prefix(text, region)
    full = "+" + re.sub(r"\D", "", text).removeprefix(prefix) if prefix else text
    yield from todays(full, phonenumbers.country_code_for_region(region))


def _international_prefix(text: str, region: str) -> str:
    """The region's international prefix, if the text begins with it; 00 is understood everywhere."""
    digits = re.sub(r"\D", "", text)
    if text.startswith("+"):
        return ""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(region, None)
    found = re.match(metadata.international_prefix or "00", digits) if metadata else None
    return "00" if digits.startswith("00") else found[0] if found else ""


_OF_PARSING = {
    NumberParseException.TOO_SHORT_NSN: Reason.PHONE_TOO_SHORT,
    NumberParseException.TOO_SHORT_AFTER_IDD: Reason.PHONE_TOO_SHORT,
    NumberParseException.TOO_LONG: Reason.PHONE_TOO_LONG,
}


def _reason_of(text: str, region: str) -> Reason:
    """Why a text of digits is no valid number, as it is read in its region."""
    readings = ["+" + text[2:], text] if text.startswith("00") else [text]
    reason = Reason.PHONE_NOT_A_NUMBER
    for reading in readings:
        try:
            number = phonenumbers.parse(reading, region)
        except NumberParseException as error:
            reason = _OF_PARSING.get(error.error_type, Reason.PHONE_NOT_A_NUMBER)
            continue
        verdict = phonenumbers.is_possible_number_with_reason(number)
        return _OF_LENGTH.get(verdict, Reason.PHONE_NOT_VALID)
    return reason


_OF_LENGTH = {
    ValidationResult.IS_POSSIBLE: Reason.PHONE_UNKNOWN_AREA,
    ValidationResult.TOO_SHORT: Reason.PHONE_TOO_SHORT,
    ValidationResult.TOO_LONG: Reason.PHONE_TOO_LONG,
}
