"""Reads what people type into a phone field as one E.164 number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    PhoneNumberType,
    ValidationResult,
)

from webapp.domain.masking import mask_phone
from webapp.errors import CallmeError

MAX_TYPED = 64
"""Characters. Longer than any way to write a number; libphonenumber's own limit is 250."""

# Unicode's formatting characters: contact apps wrap numbers in direction marks when they are copied.
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DASHES = re.compile(r"[\u2010-\u2015\u2212\u30fc]")
_DIGIT = re.compile(r"\d")
_EXTENSION = re.compile(r"(?:;ext=|\bext\.?|x|#)\s*:?\s*\d+\s*$", re.IGNORECASE)
_TYPABLE = re.compile(r"\+?[\d\s().\-/+\[\]~]+\Z")
# Fictional numbers read better than libphonenumber's example where a range is reserved for them.
_FICTIONAL = {"US": "(202) 555-0100"}


class PhoneFault(StrEnum):
    """Why a typed text is not a number that can be rung."""

    EMPTY = "phone_empty"
    NOT_A_NUMBER = "phone_not_a_number"
    TOO_SHORT = "phone_too_short"
    TOO_LONG = "phone_too_long"
    EXTENSION = "phone_extension"
    NOT_VALID = "phone_not_valid"


class PhoneError(CallmeError):
    """The text is not a phone number; `fault` says why. The text itself is never repeated."""

    def __init__(self, fault: PhoneFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class PhoneKind(StrEnum):
    """What a call to a number costs, roughly: libphonenumber's types of numbers."""

    FIXED_LINE = "fixed_line"
    MOBILE = "mobile"
    FIXED_LINE_OR_MOBILE = "fixed_line_or_mobile"
    TOLL_FREE = "toll_free"
    PREMIUM_RATE = "premium_rate"
    SHARED_COST = "shared_cost"
    VOIP = "voip"
    PERSONAL_NUMBER = "personal_number"
    PAGER = "pager"
    UAN = "uan"
    VOICEMAIL = "voicemail"
    UNKNOWN = "unknown"


_KINDS = {getattr(PhoneNumberType, kind.name): kind for kind in PhoneKind}

GLOBAL = "001"
"""The region of satellite and other networks that belong to no country."""

NORTH_AMERICAN_DIGITS = 10
"""The digits of a number in +1, without the 1."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number: `e164` such as +12025550100, `region` such as US."""

    e164: str
    region: str
    kind: PhoneKind

    @property
    def reads_as_north_american(self) -> bool:
        """Whether its digits are also a number in +1, written without the 1 as is usual there:
        +65 6555 1234 reads as +1 656-555-1234, which is somebody else's."""
        return _reads_as_north_american(self.e164)

    def __repr__(self) -> str:
        return f"Phone({mask_phone(self.e164)!r}, {self.region!r}, {self.kind.value!r})"


def parse_phone(typed: str, region: str) -> Phone:
    """Read what a person typed or pasted; a number without +CC is taken to be in `region`.

    Raises PhoneError.
    """
    text = _plain(typed)
    if not text:
        raise PhoneError(PhoneFault.EMPTY)
    if len(text) > MAX_TYPED:
        raise PhoneError(PhoneFault.TOO_LONG)
    if _EXTENSION.search(text):
        raise PhoneError(PhoneFault.EXTENSION)
    if not _TYPABLE.match(text):
        raise PhoneError(PhoneFault.NOT_A_NUMBER)
    number, valid_in = _parse(text, region)
    if valid_in is None:
        raise PhoneError(_fault_of(number))
    return Phone(
        _e164(number),
        valid_in,
        _KINDS[phonenumbers.number_type(number)],
    )


def display_phone(e164: str, region: str) -> str:
    """The number as people of `region` write it: national at home, international abroad."""
    number = phonenumbers.parse(e164)
    at_home = phonenumbers.region_code_for_number(number) == region
    style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def example_phone(region: str) -> str:
    """A number of `region` as people there write it, as an example in a form."""
    if region in _FICTIONAL:
        return _FICTIONAL[region]
    examples = [*filter(None, _examples(region))]
    callable_first = sorted(examples, key=lambda one: _reads_as_north_american(_e164(one)))
    if not callable_first:
        return ""
    return phonenumbers.format_number(callable_first[0], PhoneNumberFormat.NATIONAL)


def is_ambiguous_region(region: str) -> bool:
    """Whether the region's numbers read as North American ones as a rule."""
    return all(_reads_as_north_american(_e164(one)) for one in filter(None, _examples(region)))


def _examples(region: str) -> Iterator[phonenumbers.PhoneNumber | None]:
    yield phonenumbers.example_number(region)
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
        yield phonenumbers.example_number_for_type(region, kind)


def _e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _reads_as_north_american(e164: str) -> bool:
    digits = e164.removeprefix("+")
    if digits.startswith("1") or len(digits) != NORTH_AMERICAN_DIGITS:
        return False
    return phonenumbers.is_valid_number(phonenumbers.parse("+1" + digits))


def is_region(code: str) -> bool:
    """Whether libphonenumber knows numbers of this ISO 3166 region."""
    return code in phonenumbers.SUPPORTED_REGIONS


def _plain(typed: str) -> str:
    """Undo what keyboards and copied links do to a number: digits of other scripts, invisible marks,
    `tel:`."""
    text = unicodedata.normalize("NFKC", _INVISIBLE.sub("", typed)).strip()
    if text[:4].lower() == "tel:":
        text = re.sub(r";(?!ext=).*", "", unquote(text[4:]).split("?")[0])
    text = re.sub(r"\s", " ", _DASHES.sub("-", text)).strip()
    if text.isascii():
        return text
    return _DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), text)


def _parse(text: str, region: str) -> tuple[phonenumbers.PhoneNumber, str | None]:
    """The number, and the region in which it is valid, if any. Raises PhoneError.

    A leading 00 is read as + where the region's own reading gives no valid number.
    """
    readings = [text, "+" + text[2:]] if text.startswith("00") else [text]
    number = None
    for reading in readings:
        try:
            number = phonenumbers.parse(reading, region)
        except NumberParseException as error:
            fault = _PARSE_FAULTS.get(error.error_type, PhoneFault.NOT_A_NUMBER)
        else:
            found = phonenumbers.region_code_for_number(number)
            if found and phonenumbers.is_valid_number_for_region(number, found):
                return number, found
    if number is None:
        raise PhoneError(fault)
    return number, None


_PARSE_FAULTS = {
    NumberParseException.TOO_SHORT_NSN: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_SHORT_AFTER_IDD: PhoneFault.TOO_SHORT,
    NumberParseException.TOO_LONG: PhoneFault.TOO_LONG,
}


def _fault_of(number: phonenumbers.PhoneNumber) -> PhoneFault:
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict == ValidationResult.TOO_SHORT:
        return PhoneFault.TOO_SHORT
    if verdict == ValidationResult.TOO_LONG:
        return PhoneFault.TOO_LONG
    return PhoneFault.NOT_VALID
