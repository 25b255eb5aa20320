"""The kinds of values in a site's configuration. Each fault says what to write instead."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from webapp.domain.locales import is_language
from webapp.domain.phone.number import PhoneError, is_region
from webapp.domain.phone.reading import full_phone
from webapp.domain.phone.spelling import calling_code_of
from webapp.domain.site.origins import normal_origin

RECEPTIONIST_KEY = r"^[a-z0-9][a-z0-9-]{0,62}$"


def _origin(value: str) -> str:
    try:
        return normal_origin(value)
    except ValueError as error:
        raise ValueError(f'{value!r} {error}; write it like "https://www.acme.example"') from None


def _web_address(value: str) -> str:
    if not re.match(r"https?://[^\s/]+", value):
        raise ValueError(
            f'{value!r} is no address; write it like "https://www.acme.example/privacy"'
        )
    return value


def _region(value: str) -> str:
    if not is_region(value):
        raise ValueError(f'{value!r} is no region; write two capital letters, for example "US"')
    return value


def _language(value: str) -> str:
    if not is_language(value):
        raise ValueError(
            f'{value!r} is no language; write a tag such as "en", "pt-BR" or "zh-Hant"'
        )
    return value


def _extra_prefix(value: str) -> str:
    code = re.match(r"\+[1-9]\d{1,14}\Z", value) and calling_code_of(value)
    if not code or len(value) <= len(f"+{code}"):
        raise ValueError(f'{value!r} is no prefix with +CC and an area; write it like "+1624"')
    return value


def _full_phone(value: str) -> str:
    try:
        return full_phone(value).e164
    except PhoneError:
        raise ValueError(
            f'{value!r} is no full international number; write it like "+12025550100"'
        ) from None


def _receptionist_key(value: str) -> str:
    if not re.fullmatch(RECEPTIONIST_KEY, value):
        raise ValueError(
            f'{value!r} is no key; use small letters, digits and -, for example "sales-us"'
        )
    return value


def _menu_id(value: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_-]{1,64}", value):
        raise ValueError("must be letters, digits, - and _; 64 at most")
    return value


Origin = Annotated[str, AfterValidator(_origin)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Language = Annotated[str, AfterValidator(_language)]
ExtraPrefix = Annotated[str, AfterValidator(_extra_prefix)]
FullPhone = Annotated[str, AfterValidator(_full_phone)]
ReceptionistKey = Annotated[str, AfterValidator(_receptionist_key)]
MenuId = Annotated[str, AfterValidator(_menu_id)]
Region = Annotated[str, AfterValidator(_region)]
Days = Annotated[int, Field(ge=1, le=36_500)]
