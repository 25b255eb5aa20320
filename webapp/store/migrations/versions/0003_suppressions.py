"""Numbers that must never be called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "suppressions",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("last_two", sa.String(2), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("source", sa.String(12), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
    )
    op.create_index("suppressed_prefixes", "suppressions", ["prefix"])
