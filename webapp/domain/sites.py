"""A site: the owner's configuration, as written in TOML and as the widget may see it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from webapp.domain.appearance import Appearance, Line, Show, Table
from webapp.domain.consent import Consent
from webapp.domain.hooks import Hooks
from webapp.domain.limits import CallLimits
from webapp.domain.locales import DEFAULT, is_language
from webapp.domain.origins import normal_origin
from webapp.domain.phone import GLOBAL, Phone, PhoneError, PhoneKind, is_region, parse_phone
from webapp.domain.retention import EVIDENCE_DAYS, RETENTION_DAYS
from webapp.errors import ConfigurationError

_NORMAL_KINDS = (PhoneKind.FIXED_LINE, PhoneKind.MOBILE, PhoneKind.FIXED_LINE_OR_MOBILE)
AMBIGUOUS = "phone_ambiguous"
"""Why a number is refused that the vendor may take for another."""

RECEPTIONIST_KEY = r"^[a-z0-9][a-z0-9-]{0,62}$"
SITE_KEY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


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


def _fallback_phone(value: str) -> str:
    try:
        return parse_phone(value, "ZZ").e164
    except PhoneError:
        raise ValueError(
            f'{value!r} is no full international number; write it like "+12025550100"'
        ) from None


Region = Annotated[str, AfterValidator(_region)]
Days = Annotated[int, Field(ge=1, le=36_500)]


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


class Receptionist(Table):
    """A DialogTech Virtual Receptionist. `menu_id` is the vendor's name for it and stays here."""

    key: Annotated[str, AfterValidator(_receptionist_key)]
    """What forms and links call it: small letters, digits and -."""
    label: Line
    """What visitors choose it by."""
    menu_id: Annotated[str, AfterValidator(_menu_id)]
    """The Virtual Receptionist's id, from Developer Tools → Building Block IDs."""


def _keys_are_unique(receptionists: list[Receptionist]) -> list[Receptionist]:
    keys = [receptionist.key for receptionist in receptionists]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"several receptionists have the key {twice[0]!r}; each needs its own")
    return receptionists


class SiteLimits(Table):
    """How many calls the owner pays for. 0 takes a limit away."""

    number_pause_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    """Between two calls of one number, on all sites together."""
    number_per_day: Annotated[int, Field(ge=0)] = 3
    """Calls of one number in any 24 hours, on all sites together."""
    per_hour: Annotated[int, Field(ge=0)] = 60
    """Calls of this site in any hour."""
    per_day: Annotated[int, Field(ge=0)] = 300
    """Calls of this site in any 24 hours."""


class Site(Table):
    """One site that may embed the widget, under the key it has in the TOML file."""

    name: Line
    """Who calls, as visitors are told."""
    origins: Annotated[list[Annotated[str, AfterValidator(_origin)]], Field(min_length=1)]
    """The pages that may embed it, exactly: scheme, host, and port, unless it is the default."""
    language: Annotated[str, AfterValidator(_language)] = DEFAULT
    """What the owner writes in: name, consent and labels. Visitors are spoken to in their own."""
    region: Region
    """How a number without +CC is read: two letters, like "US"."""
    allowed_regions: list[Region] = Field(default_factory=list)
    """Where calls may go; without any, only to `region`."""
    allowed_kinds: list[Literal["toll_free", "voip"]] = Field(default_factory=list)
    """Numbers that are called beside landlines and mobiles."""
    fallback_phone: Annotated[str, AfterValidator(_fallback_phone)]
    """The owner's number, offered whenever we cannot call; in full, with +CC."""
    consent: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    """What visitors agree to by asking for a call."""
    consent_checkbox: bool = False
    """Whether they have to tick a box for it."""
    proof_of_work: Literal["auto", "always", "never"] = "auto"
    """Whether forms carry a puzzle: by itself while under attack, always, or never."""
    captcha: bool = False
    """Whether forms ask for the installation's captcha."""
    privacy_url: Annotated[str, AfterValidator(_web_address)] | None = None
    """The page that the form links to."""
    retention_days: Days = RETENTION_DAYS
    """How long a call is kept, with its number and page."""
    evidence_days: Days = EVIDENCE_DAYS
    """How long the record of its consent is kept, without the number."""
    appearance: Appearance = Appearance()
    """How the widget looks."""
    show: Show = Show()
    """When the button floats."""
    limits: SiteLimits = SiteLimits()
    """How many calls the owner pays for."""
    hooks: Hooks = Hooks()
    """Where the owner's own systems hear of calls."""
    receptionists: Annotated[
        list[Receptionist], Field(min_length=1), AfterValidator(_keys_are_unique)
    ]
    """Whom a visitor can talk to; one or more."""

    @model_validator(mode="after")
    def _evidence_outlives_calls(self) -> Self:
        if self.evidence_days < self.retention_days:
            raise ValueError(
                f"evidence_days ({self.evidence_days}) must not be less than"
                f" retention_days ({self.retention_days})"
            )
        return self

    @property
    def regions(self) -> list[str]:
        """Where calls may go; where the owner names none, only the site's own region."""
        return self.allowed_regions or [self.region]

    def refuses(self, phone: Phone) -> str:
        """Why calls of this site may not go to that number, as a reason code; empty if they may.

        Only kinds that cost what a normal call costs are called, and never a number of no country, or
        one of which nobody knows whether the vendor would ring it or a stranger in North America.
        """
        if phone.region == GLOBAL:
            return "phone_of_no_country"
        if phone.kind not in _NORMAL_KINDS and phone.kind not in self.allowed_kinds:
            return f"phone_kind_{phone.kind.value}"
        if phone.region not in self.regions:
            return "region_not_allowed"
        return AMBIGUOUS if phone.reads_as_north_american else ""

    def call_limits(self, installation_per_day: int) -> CallLimits:
        """What a call of this site is held to."""
        return CallLimits(
            timedelta(seconds=self.limits.number_pause_seconds),
            self.limits.number_per_day,
            self.limits.per_hour,
            self.limits.per_day,
            installation_per_day,
        )

    @property
    def wording(self) -> Consent:
        """What visitors agree to."""
        return Consent(self.consent, self.language)

    def receptionist(self, key: str) -> Receptionist | None:
        """The receptionist of that key; with an empty key the only one, when there is only one."""
        if not key and len(self.receptionists) == 1:
            return self.receptionists[0]
        return next((one for one in self.receptionists if one.key == key), None)


def parse_sites(text: str, where: str) -> dict[str, Site]:
    """Read a file of sites; `where` names it in messages.

    Raises ConfigurationError with every fault of every site.
    """
    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError([f"{where}: no valid TOML: {error}"]) from None
    sites: dict[str, Site] = {}
    faults: list[str] = []
    for key, table in tables.items():
        if not SITE_KEY.match(key):
            faults.append(
                f"{where}: {key!r} is no site key; use a-z, 0-9 and -, for example [acme]"
            )
        try:
            sites[key] = Site.model_validate(table)
        except ValidationError as error:
            faults += [f"{where}: {fault}" for fault in _faults(key, error)]
    if not tables:
        faults.append(f"{where}: no site in it; begin with a table such as [acme]")
    if faults:
        raise ConfigurationError(faults)
    return sites


def _faults(key: str, error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        place = _shown(key) + "".join(
            f"[{part}]" if isinstance(part, int) else f".{_shown(part)}" for part in fault["loc"]
        )
        yield f"{place}: {_say(fault['type'], fault['msg'])}"


def _shown(key: str) -> str:
    """The key as it stands in the file; escaped where a terminal would obey it instead of showing it."""
    return key if key.isprintable() else repr(key)


def _say(kind: str, message: str) -> str:
    """pydantic's fault in the words of somebody who writes TOML."""
    if kind == "extra_forbidden":
        return "unknown key; is it misspelt, or in the wrong table?"
    if kind == "missing":
        return "missing"
    if kind == "model_type":
        return "must be a table"
    if kind == "string_too_short":
        return "must not be empty"
    if kind == "too_short":
        return "needs at least one entry"
    if kind == "string_type":
        return 'must be text: put it in quotes, like "55443322"'
    return message.removeprefix("Value error, ")
