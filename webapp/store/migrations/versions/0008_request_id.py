"""The HTTP request that brought a call, by the name that it has in the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "calls", sa.Column("web_request", sa.String(36), nullable=False, server_default="")
    )
