"""Paused sites, which accept and dial no calls for now."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "pauses",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
