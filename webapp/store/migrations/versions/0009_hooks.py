"""Messages to the owners' own systems, and the vendor's report after a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("calls", sa.Column("talk_seconds", sa.Integer()))
    op.add_column(
        "calls", sa.Column("vendor_call", sa.String(64), nullable=False, server_default="")
    )
    op.create_table(
        "hook_messages",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column(
            "call_id",
            sa.String(32),
            sa.ForeignKey("calls.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("talk_seconds", sa.Integer),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
    )
    op.create_index("ix_hook_messages_call_id", "hook_messages", ["call_id"])
    op.create_index("hook_messages_due", "hook_messages", ["state", "due_at"])
    op.create_index("hook_messages_by_site", "hook_messages", ["site", "at"])
    op.create_table(
        "hooks_gone",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
    )
