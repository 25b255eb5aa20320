"""A site: the owner's configuration. One model for the file, the API and the database."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from webapp.domain.consent import Consent
from webapp.domain.hooks import Hooks
from webapp.domain.hours import OpeningHours
from webapp.domain.limits import CallLimits
from webapp.domain.locales import DEFAULT
from webapp.domain.phone.number import GLOBAL, Phone, PhoneKind
from webapp.domain.phone.reading import all_readings
from webapp.domain.refusals import Reason
from webapp.domain.retention import EVIDENCE_DAYS, RETENTION_DAYS
from webapp.domain.site.appearance import Appearance, Show
from webapp.domain.site.hours import Holidays, Hours, OwnHours, Zone
from webapp.domain.site.later import Later
from webapp.domain.site.quiet import Quiet
from webapp.domain.site.retry import Retry
from webapp.domain.site.table import Line, Table
from webapp.domain.site.values import (
    Days,
    ExtraPrefix,
    FullPhone,
    Language,
    MenuId,
    Origin,
    ReceptionistKey,
    Region,
    WebAddress,
)
from webapp.domain.slots import SlotRules, always_open
from webapp.domain.zones import zone_of

_NORMAL_KINDS = (PhoneKind.FIXED_LINE, PhoneKind.MOBILE, PhoneKind.FIXED_LINE_OR_MOBILE)


class Receptionist(Table):
    """A DialogTech Virtual Receptionist. `menu_id` is the vendor's id for it; pages never get it."""

    key: ReceptionistKey
    """Its name in forms and links: small letters, digits and -."""
    label: Line
    """Its name as visitors see it."""
    menu_id: MenuId
    """The Virtual Receptionist's id, from Developer Tools → Building Block IDs."""
    calls_from: FullPhone | None = None
    """The number that shows on the visitor's phone, told before it rings; in full, with +CC."""
    hours: OwnHours | None = None
    """When this receptionist answers, if that differs from the site's hours."""


def _keys_are_unique(receptionists: list[Receptionist]) -> list[Receptionist]:
    keys = [receptionist.key for receptionist in receptionists]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"several receptionists have the key {twice[0]!r}; each needs its own")
    return receptionists


class SiteLimits(Table):
    """How many calls the owner pays for. 0 means no limit."""

    number_pause_seconds: Annotated[int, Field(ge=0, le=86_400)] = 120
    """Seconds between two calls to one number, on all sites together."""
    number_per_day: Annotated[int, Field(ge=0)] = 3
    """Calls to one number in any 24 hours, on all sites together."""
    per_hour: Annotated[int, Field(ge=0)] = 60
    """Calls of this site in any hour."""
    per_day: Annotated[int, Field(ge=0)] = 300
    """Calls of this site in any 24 hours."""


class Site(Table):
    """One site that may embed the widget. Its key is the name of its table in the TOML file."""

    name: Line
    """The owner's name, which tells visitors who calls."""
    origins: Annotated[list[Origin], Field(min_length=1)]
    """The origins of pages that may embed it, exactly: scheme, host, and the port unless it is the
    default."""
    language: Language = DEFAULT
    """The language of the owner's texts: name, consent and labels. Callme's own texts are in the
    visitor's language."""
    region: Region
    """The country of a number that is typed without +CC: two letters, like "US"."""
    timezone: Zone = "UTC"
    """The zone of the site's hours, such as "America/New_York"."""
    allowed_regions: list[Region] = Field(default_factory=list)
    """The countries that calls may go to; if empty, only `region`."""
    allowed_kinds: list[Literal["toll_free", "voip"]] = Field(default_factory=list)
    """Kinds of numbers that are called besides landlines and mobiles."""
    extra_prefixes: list[ExtraPrefix] = Field(default_factory=list)
    """Areas that are too new for Callme to know, such as "+1624": their numbers are called as landlines
    and mobiles are."""
    fallback_phone: FullPhone
    """The owner's number, offered whenever we cannot call; in full, with +CC."""
    consent: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)] = ""
    """The sentence that visitors agree to by asking for a call."""
    consent_checkbox: bool = False
    """Whether visitors have to tick a box to agree."""
    proof_of_work: Literal["auto", "always", "never"] = "auto"
    """Whether browsers solve a puzzle for each form: only while the site is under attack (auto), always,
    or never."""
    captcha: bool = False
    """Whether forms ask for the installation's captcha."""
    privacy_url: WebAddress | None = None
    """The privacy policy that the form links to."""
    retention_days: Days = RETENTION_DAYS
    """Days that a call is kept, with its number and page."""
    evidence_days: Days = EVIDENCE_DAYS
    """Days that the record of a call's consent is kept, without the number."""
    appearance: Appearance = Appearance()
    """How the widget looks."""
    show: Show = Show()
    """When the floating button shows."""
    limits: SiteLimits = SiteLimits()
    """How many calls the owner pays for."""
    hours: Hours | None = None
    """When somebody answers; without it, always."""
    later: Later | None = None
    """The times that visitors can choose to be called at; without it, they are called at once."""
    quiet: Quiet | None = None
    """The night at the called number's place; a visitor who wants to be rung then is asked once more.
    Without it, nobody is asked, and planned calls keep out of the usual hours."""
    retry: Retry | None = None
    """Whether a phone that was busy is tried again; without it, never."""
    hooks: Hooks = Hooks()
    """How the owner's own systems are told about calls."""
    receptionists: Annotated[
        list[Receptionist], Field(min_length=1), AfterValidator(_keys_are_unique)
    ]
    """The receptionists that a visitor can talk to; one or more."""

    @model_validator(mode="after")
    def _evidence_outlives_calls(self) -> Self:
        if self.evidence_days < self.retention_days:
            raise ValueError(
                f"evidence_days ({self.evidence_days}) must not be less than"
                f" retention_days ({self.retention_days})"
            )
        return self

    @model_validator(mode="after")
    def _retries_pass_the_limits(self) -> Self:
        if self.retry is None:
            return self
        if self.retry.pause < timedelta(seconds=self.limits.number_pause_seconds):
            raise ValueError(
                f"retry.after_minutes ({self.retry.after_minutes}) must not be shorter than"
                f" limits.number_pause_seconds ({self.limits.number_pause_seconds})"
            )
        if 0 < self.limits.number_per_day <= self.retry.times:
            raise ValueError(
                f"retry.times ({self.retry.times}) must be less than"
                f" limits.number_per_day ({self.limits.number_per_day})"
            )
        return self

    @property
    def regions(self) -> list[str]:
        """The regions that calls may go to; if the owner names none, only the site's own."""
        return self.allowed_regions or [self.region]

    def refuses(self, phone: Phone) -> Reason | None:
        """The reason if calls of this site may not go to that number; None if they may.

        Refused are numbers that belong to no country, kinds that cost more than a normal call unless the
        owner allows them, and numbers for which the vendor might ring a stranger in North America.
        """
        if phone.region == GLOBAL:
            return Reason.PHONE_OF_NO_COUNTRY
        if phone.kind not in _NORMAL_KINDS and phone.kind not in self.allowed_kinds:
            return Reason[f"PHONE_KIND_{phone.kind.name}"]
        if phone.region not in self.regions:
            return Reason.REGION_NOT_ALLOWED
        return Reason.PHONE_AMBIGUOUS if phone.reads_as_north_american else None

    def call_limits(self, installation_per_day: int) -> CallLimits:
        """The limits for a call of this site."""
        return CallLimits(
            timedelta(seconds=self.limits.number_pause_seconds),
            self.limits.number_per_day,
            self.limits.per_hour,
            self.limits.per_day,
            installation_per_day,
            self.later.per_slot if self.later else 0,
        )

    def opening(self, receptionist: Receptionist, holidays: Holidays) -> OpeningHours | None:
        """When the receptionist answers; None for always."""
        hours = receptionist.hours or self.hours
        return hours.opening(self.timezone, holidays) if hours else None

    def slots(self, receptionist: Receptionist, holidays: Holidays) -> SlotRules | None:
        """The slots of a receptionist; None where calls cannot be planned."""
        if self.later is None:
            return None
        hours = self.opening(receptionist, holidays) or always_open(zone_of(self.timezone))
        return self.later.rules(hours)

    def offers_later(self, *, is_open: bool) -> bool:
        """Whether a call can be planned now, at a receptionist who is open or closed."""
        when_closed = self.hours.when_closed if self.hours else "later"
        return self.later is not None and (is_open or when_closed == "later")

    @property
    def night(self) -> Quiet:
        """The hours in which no planned call and no retry rings."""
        return self.quiet or Quiet()

    @property
    def calendars(self) -> set[str]:
        """The calendars of holidays that the site's hours name."""
        tables = [self.hours, *(receptionist.hours for receptionist in self.receptionists)]
        return {hours.holidays for hours in tables if hours and hours.holidays}

    @property
    def wording(self) -> Consent:
        """The sentence that visitors agree to, with its language."""
        return Consent(self.consent, self.language)

    def receptionist(self, key: str) -> Receptionist | None:
        """The receptionist with that key; for an empty key the only one, if there is just one."""
        if not key and len(self.receptionists) == 1:
            return self.receptionists[0]
        return next(
            (receptionist for receptionist in self.receptionists if receptionist.key == key), None
        )


def readings_of(typed: str, sites: Collection[Site]) -> set[str]:
    """Every E.164 number that the text may mean in a form of one of these sites, or as it stands.

    Raises PhoneError if there is none.
    """
    regions = {region for site in sites for region in (site.region, *site.regions)}
    return all_readings(
        typed, regions, {prefix for site in sites for prefix in site.extra_prefixes}
    )
