"""Whether a visitor wanted to be rung in quiet hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("call_evidence", sa.Column("night", sa.Boolean(), nullable=True))
