"""Sites as their owners wrote them, so that new defaults reach them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_DEFAULTS: dict[str, Any] = {
    "language": "en",
    "allowed_regions": [],
    "allowed_kinds": [],
    "extra_prefixes": [],
    "consent": "",
    "consent_checkbox": False,
    "proof_of_work": "auto",
    "captcha": False,
    "privacy_url": None,
    "retention_days": 90,
    "evidence_days": 1460,
    "appearance": {
        "color": "#1f5eff",
        "label": None,
        "title": None,
        "sentence": None,
        "launcher": "pill",
        "position": "end",
        "offset": [24, 24],
        "radius": 16,
        "theme": "auto",
    },
    "show": {"paths": [], "device": "any", "delay_seconds": 0, "scroll_percent": 0},
    "limits": {
        "number_pause_seconds": 120,
        "number_per_day": 3,
        "per_hour": 60,
        "per_day": 300,
    },
    "hooks": {
        "url": None,
        "secret": None,
        "events": [],
        "allow_private": False,
        "post_call_secret": None,
    },
}
"""What was written out for each site, whether its owner had said so or not."""

_SITES = sa.table("sites", sa.column("key", sa.String), sa.column("config", sa.JSON))


def upgrade() -> None:
    connection = op.get_bind()
    for key, config in connection.execute(sa.select(_SITES.c.key, _SITES.c.config)).all():
        connection.execute(
            sa.update(_SITES).where(_SITES.c.key == key).values(config=_said(config, _DEFAULTS))
        )


def _said(table: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The table without values that are the defaults."""
    said = {}
    for name, value in table.items():
        default = defaults.get(name, ...)
        if isinstance(value, dict) and isinstance(default, dict):
            if inner := _said(value, default):
                said[name] = inner
        elif value != default:
            said[name] = value
    return said
