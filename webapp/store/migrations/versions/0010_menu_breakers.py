"""A breaker for each of the vendor's menus, besides the one for the whole vendor."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.drop_table("breakers")  # its counts are of minutes, and begin anew
    op.create_table(
        "breakers",
        sa.Column("provider", sa.String(32), primary_key=True),
        sa.Column("menu_id", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("trial_call", sa.String(32), nullable=False),
        sa.Column("trial_at", UtcDateTime()),
    )
