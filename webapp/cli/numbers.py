"""Phone numbers that an operator types."""

from __future__ import annotations

from webapp.domain.phone import PhoneError, parse_phone
from webapp.errors import ConfigurationError


def full_number(text: str) -> str:
    """The number as E.164. Raises ConfigurationError, whose text does not repeat the number."""
    try:
        return parse_phone(text, "ZZ").e164
    except PhoneError:
        raise ConfigurationError(
            ["that is no full international number; write it like +12025550100"]
        ) from None
