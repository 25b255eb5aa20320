"""The page that a visitor landed on, besides the one where the button was pressed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("calls", sa.Column("landing_url", sa.Text(), nullable=False, server_default=""))
