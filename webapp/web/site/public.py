"""A site's public configuration: no menu ids, no secrets, no phone number but the owner's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

from webapp.context import services
from webapp.domain.phone.number import display_phone
from webapp.domain.phone.patterns import PublicCountry, countries
from webapp.domain.site.model import Site
from webapp.providers.captcha import Captcha

ColorScheme = Literal["light dark", "light", "dark", "inherit"]
Side = Literal["inset-inline-start", "inset-inline-end", "left", "right"]

# The owner's choices as CSS values.
_COLOR_SCHEMES: Mapping[str, ColorScheme] = {
    "auto": "light dark",
    "light": "light",
    "dark": "dark",
    "host": "inherit",
}
_SIDES: Mapping[str, Side] = {
    "start": "inset-inline-start",
    "end": "inset-inline-end",
    "left": "left",
    "right": "right",
}


class PublicReceptionist(TypedDict):
    """A receptionist that the visitor may choose."""

    key: str
    label: str


class PublicCaptcha(TypedDict):
    """The captcha that the site's visitors have to solve."""

    service: str
    site_key: str
    script: str
    object: str


class PublicSite(TypedDict):
    """A site's configuration for the widget."""

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


def public_site(key: str, site: Site) -> PublicSite:
    """The site's configuration for the widget."""
    captcha = services().captcha if site.captcha else None
    look = site.appearance
    return {
        "key": key,
        "name": site.name,
        "language": site.language,
        "countries": [
            country.public(site.fallback_phone) for country in countries(site.region, site.regions)
        ],
        "consent": site.consent,
        "consent_checkbox": site.consent_checkbox,
        "privacy_url": site.privacy_url,
        "fallback_phone": site.fallback_phone,
        "fallback_text": display_phone(site.fallback_phone, site.region),
        "label": look.label,
        "title": look.title,
        "sentence": look.sentence,
        "color": look.color,
        "text_color": look.text_color,
        "shade": look.shade,
        "color_scheme": _COLOR_SCHEMES[look.theme],
        "launcher": look.launcher,
        "side": _SIDES[look.position],
        "offset": [look.offset[0], 0 if look.launcher == "tab" else look.offset[1]],
        "radius": look.radius,
        "show": _show(key, site),
        "paused": services().sites.seems_paused(key),
        "captcha": public_captcha(captcha) if captcha else None,
        "receptionists": [
            {"key": receptionist.key, "label": receptionist.label}
            for receptionist in site.receptionists
        ],
    }


def _show(key: str, site: Site) -> dict[str, object]:
    """When the floating button shows: the owner's rules, and the hours by the visitor's clock."""
    spans = services().moments.shown_spans(key, site)
    if spans is None:
        return site.show.rules
    open_ms = [int(instant.timestamp() * 1000) for span in spans for instant in span]
    return {**site.show.rules, "open_ms": open_ms}


def public_captcha(captcha: Captcha) -> PublicCaptcha:
    """What the widget needs to render it; `object` is the service's global in the browser."""
    return {
        "service": captcha.service.name,
        "site_key": captcha.site_key,
        "script": captcha.service.script,
        "object": captcha.service.script_object,
    }
