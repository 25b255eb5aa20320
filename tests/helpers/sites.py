"""The sites that the tests use, and a builder for sites that differ from them."""

from __future__ import annotations

from typing import Any

import tomli_w

ORIGIN = "https://www.acme.example"
OTHER_ORIGIN = "https://other.example"
SALES_MENU, HELP_MENU, OTHER_MENU = "55443322", "66554433", "77665544"
FALLBACK_PHONE = "+12025550199"
CONSENT = "By pressing Call me you agree to one automated call about your enquiry."

NO_LIMITS = {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 0, "per_day": 0}

_ACME: dict[str, Any] = {
    "name": "Acme Corp",
    "origins": [ORIGIN, "https://shop.acme.example:8443"],
    "region": "US",
    "allowed_regions": ["US", "CA"],
    "fallback_phone": FALLBACK_PHONE,
    "consent": CONSENT,
    "privacy_url": "https://www.acme.example/privacy",
    "appearance": {"color": "#0b6b57"},
    "limits": NO_LIMITS,
    "proof_of_work": "never",
    "receptionists": [
        {"key": "sales", "label": "Sales", "menu_id": SALES_MENU},
        {"key": "help", "label": "Help desk", "menu_id": HELP_MENU},
    ],
}
_OTHER: dict[str, Any] = {
    "name": "Other Ltd",
    "origins": [OTHER_ORIGIN],
    "region": "GB",
    "fallback_phone": "+442079460000",
    "limits": NO_LIMITS,
    "proof_of_work": "never",
    "receptionists": [{"key": "all", "label": "Everybody", "menu_id": OTHER_MENU}],
}


def site(base: dict[str, Any] | None = None, /, **changes: Any) -> dict[str, Any]:
    """The table of `acme`, or of `base`, with these fields changed. None leaves a field out, so that it
    has its default."""
    table = {**(_ACME if base is None else base), **changes}
    return {name: value for name, value in table.items() if value is not None}


def other_site(**changes: Any) -> dict[str, Any]:
    """The table of `other` with these fields changed."""
    return site(_OTHER, **changes)


def sites_toml(**tables: dict[str, Any]) -> str:
    """A sites file with these sites, by their keys."""
    return tomli_w.dumps(tables)


def both_sites(**changes: Any) -> str:
    """`acme` with these fields changed, and `other` as it is."""
    return sites_toml(acme=site(**changes), other=other_site())


SITES = both_sites()
"""`acme` asks for consent and has two receptionists; `other` asks for no consent and has one. Neither
has limits or demands a proof of work."""
