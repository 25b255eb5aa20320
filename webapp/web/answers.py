"""The API's responses. The views are typed with these; openapi.json tells what each field means."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

from webapp.domain.calls import CallStatus
from webapp.domain.phone.patterns import PublicCountry

ColorScheme = Literal["light dark", "light", "dark", "inherit"]
Side = Literal["inset-inline-start", "inset-inline-end", "left", "right"]


class PublicReceptionist(TypedDict):
    """Whom the visitor may ask for."""

    key: str
    label: str


class PublicCaptcha(TypedDict):
    """The captcha that the site's visitors have to pass."""

    service: str
    site_key: str
    script: str
    object: str


class PublicSite(TypedDict):
    """A site as the widget gets it."""

    key: str
    name: str
    language: str
    countries: list[PublicCountry]
    consent: str
    consent_checkbox: bool
    privacy_url: str | None
    fallback_phone: str
    fallback_text: str
    label: str | None
    title: str | None
    sentence: str | None
    color: str
    text_color: str
    shade: str
    color_scheme: ColorScheme
    launcher: Literal["pill", "bubble", "tab", "inline"]
    side: Side
    offset: list[int]
    radius: int
    show: dict[str, object]
    paused: bool
    captcha: PublicCaptcha | None
    receptionists: list[PublicReceptionist]


class FormToken(TypedDict):
    """What a form needs before it can be sent."""

    token: str
    consent: str
    consent_checkbox: bool
    challenge: dict[str, Any] | None


class Accepted(TypedDict):
    """A call that is stored and will be placed."""

    id: str
    status: CallStatus
    status_url: str
    poll_after_ms: int


class CallProgress(TypedDict):
    """How far a call is."""

    id: str
    status: CallStatus
    message: str
    final: bool
    poll_after_ms: int


class ProblemDetails(TypedDict):
    """Why a request was not served (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[dict[str, list[str]]]
    retry_after: NotRequired[int]
    fallback_phone: NotRequired[str]
    choices: NotRequired[list[str]]
    choices_written: NotRequired[list[str]]


HealthReport = dict[str, str]
"""The state of each part by its name; `ok` when it is well."""
