"""What visitors agreed to: each wording once, and the evidence of each call."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from webapp.store.tables import UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "consents",
        sa.Column("version", sa.String(16), primary_key=True),
        sa.Column("locale", sa.String(35), nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
    )
    _keep_wordings_of_today()
    op.create_table(
        "call_evidence",
        sa.Column("call_id", sa.String(32), primary_key=True),
        sa.Column("token_id", sa.String(16), unique=True),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("last_two", sa.String(2), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("locale", sa.String(35), nullable=False),
        sa.Column("page_url", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ticked", sa.Boolean),
        sa.Column("network", sa.String(50), nullable=False),
    )
    op.create_index("evidence_by_number", "call_evidence", ["digest"])
    op.create_index("evidence_by_site", "call_evidence", ["site", "at"])


def _keep_wordings_of_today() -> None:
    """Stored sites show their sentences already, without being applied again."""
    sites = sa.table("sites", sa.column("config", sa.JSON))
    consents = sa.table(
        "consents",
        sa.column("version", sa.String),
        sa.column("locale", sa.String),
        sa.column("sentence", sa.Text),
        sa.column("kept_at", UtcDateTime),
    )
    connection = op.get_bind()
    configs = connection.scalars(sa.select(sites.c.config))
    for sentence in {config.get("consent", "") for config in configs} - {""}:
        version = hashlib.sha256(f"en\n{sentence}".encode()).hexdigest()[:16]
        connection.execute(
            consents.insert().values(
                version=version, locale="en", sentence=sentence, kept_at=datetime.now(UTC)
            )
        )
