"""Indexes for the limits, which count the last day's calls of a number, of a site and of all."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("calls_by_phone", "calls", ["phone", "created_at"])
    op.create_index("calls_by_site", "calls", ["site", "created_at"])
    op.create_index("calls_by_time", "calls", ["created_at"])
