"""The dates of the public holidays on which sites are closed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "holidays",
        sa.Column("calendar", sa.String(6), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
    )
