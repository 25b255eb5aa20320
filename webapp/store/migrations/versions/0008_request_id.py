"""The id, as in the log, of the HTTP request that made a call; and how deleted calls had ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("web_request", sa.String(36), nullable=False, server_default="")
    )
    op.create_table(
        "calls_deleted",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("status", sa.String(12), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
