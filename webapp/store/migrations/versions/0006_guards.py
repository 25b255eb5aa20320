"""Counts of refused requests, whether the vendor answers, and which sites are under attack."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "call_refusals",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("reason", sa.String(64), primary_key=True),
        sa.Column("hour", UtcDateTime(), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "breakers",
        sa.Column("provider", sa.String(32), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", UtcDateTime(), nullable=False),
        sa.Column("trial_call", sa.String(32), nullable=False),
        sa.Column("trial_at", UtcDateTime()),
    )
    op.create_table(
        "alarms",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
    )
