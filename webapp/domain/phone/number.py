"""A phone number, and how it is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from webapp.domain.masking import mask_phone
from webapp.domain.refusals import Reason, Refusal

# Fictional numbers read better than libphonenumber's example where a range is reserved for them.
_FICTIONAL = {"US": ("+12025550100", "+12025550123")}


class PhoneError(Refusal):
    """The text is no phone number, or an ambiguous one.

    `choices` are the E.164 numbers that an ambiguous text may mean, the national reading first.
    """

    def __init__(self, reason: Reason, choices: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.choices = choices


class PhoneKind(StrEnum):
    """libphonenumber's types of numbers: roughly, what a call costs."""

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


KINDS = {getattr(PhoneNumberType, kind.name): kind for kind in PhoneKind}

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
        """Whether its digits are also a +1 number written without the 1, as is usual there: +65 6555
        1234 reads as +1 656-555-1234, which is somebody else's."""
        return _reads_as_north_american(self.e164)

    def __repr__(self) -> str:
        return f"Phone({mask_phone(self.e164)!r}, {self.region!r}, {self.kind.value!r})"


def display_phone(e164: str, region: str) -> str:
    """The number as people of `region` write it: national at home, international abroad."""
    number = phonenumbers.parse(e164)
    at_home = phonenumbers.region_code_for_number(number) == region
    style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def international(e164: str) -> str:
    """The number as it is written for readers anywhere: +49 1512 3456789."""
    return phonenumbers.format_number(phonenumbers.parse(e164), PhoneNumberFormat.INTERNATIONAL)


def example_phone(region: str, owners: str = "") -> str:
    """An example number for a form, as people in `region` write it. Never `owners`, the owner's own
    number."""
    examples = [
        *map(phonenumbers.parse, _FICTIONAL.get(region, ())),
        *filter(None, _examples(region)),
    ]
    fitting = [example for example in examples if e164_of(example) != owners] or examples
    if region not in _FICTIONAL:
        fitting.sort(key=lambda example: _reads_as_north_american(e164_of(example)))
    return phonenumbers.format_number(fitting[0], PhoneNumberFormat.NATIONAL) if fitting else ""


def is_ambiguous_region(region: str) -> bool:
    """Whether most of the region's numbers read as North American ones."""
    return all(
        _reads_as_north_american(e164_of(example)) for example in filter(None, _examples(region))
    )


def _examples(region: str) -> Iterator[phonenumbers.PhoneNumber | None]:
    yield phonenumbers.example_number(region)
    for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE):
        yield phonenumbers.example_number_for_type(region, kind)


def e164_of(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _reads_as_north_american(e164: str) -> bool:
    digits = e164.removeprefix("+")
    if digits.startswith("1") or len(digits) != NORTH_AMERICAN_DIGITS:
        return False
    return phonenumbers.is_valid_number(phonenumbers.parse("+1" + digits))


def region_of(e164: str) -> str:
    """The region of a full number; empty for one of no country."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(e164)) or ""


def is_region(code: str) -> bool:
    """Whether libphonenumber knows numbers of this ISO 3166 region."""
    return code in phonenumbers.SUPPORTED_REGIONS
