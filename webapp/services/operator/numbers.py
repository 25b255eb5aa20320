"""Phone numbers that an operator types."""

from __future__ import annotations

from webapp.domain.phone.number import PhoneError
from webapp.domain.phone.reading import full_phone
from webapp.domain.site.model import readings_of
from webapp.errors import ConfigurationError
from webapp.store.sites import SiteRepository

_WRITE_IT = "that is no full international number; write it like +12025550100"


def full_number(text: str) -> str:
    """The number as E.164. Raises ConfigurationError; its message does not contain the number."""
    try:
        return full_phone(text).e164
    except PhoneError:
        raise ConfigurationError([_WRITE_IT]) from None


def all_numbers(text: str, sites: SiteRepository) -> list[str]:
    """Every number (E.164) that the text may mean in a country of our sites, or without its +.

    Raises ConfigurationError; its message does not contain the number.
    """
    try:
        return sorted(readings_of(text, sites.all().values()))
    except PhoneError:
        raise ConfigurationError([_WRITE_IT]) from None
