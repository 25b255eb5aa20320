"""Calls that are planned, and those that try a busy phone again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("calls", sa.Column("planned_at", UtcDateTime(), nullable=True))
    op.add_column("calls", sa.Column("wall_time", sa.String(16), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("timezone", sa.String(64), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("retry_of", sa.String(32), nullable=True))
    _index("calls_planned", ["planned_at"])
    _index("calls_planned_by_site", ["site", "planned_at"])
    _index("calls_retries", ["retry_of"])


def _index(name: str, columns: list[str]) -> None:
    condition = sa.text(f"{columns[-1]} IS NOT NULL")
    op.create_index(name, "calls", columns, sqlite_where=condition, postgresql_where=condition)
