"""The tables. Times are UTC; external texts are truncated before they are stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: `timestamptz` on PostgreSQL, sortable text without a zone on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or dialect.name != "sqlite":
            return value
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

KEPT = "kept"
"""Marks a column that `callme forget` does not blank."""

sites = Table(
    "sites",
    metadata,
    Column("key", String(63), primary_key=True),
    Column("config", JSON, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)


def _kept(name: str, type_: Any, **options: Any) -> Column[Any]:
    """A column without personal data. `callme forget` blanks all other columns of a call."""
    return Column(name, type_, info={KEPT: True}, **options)


def _index_where_set(name: str, *columns: str) -> Index:
    """An index of the rows in which its last column is not NULL: few."""
    condition = text(f"{columns[-1]} IS NOT NULL")
    return Index(name, *columns, sqlite_where=condition, postgresql_where=condition)


# A call outlives its site, so `site` is not a foreign key. `menu_id` is copied when the call is
# accepted, so that a later change of the site cannot redirect an accepted call.
calls = Table(
    "calls",
    metadata,
    _kept("id", String(32), primary_key=True),
    _kept("site", String(63), nullable=False),
    _kept("receptionist", String(63), nullable=False),
    _kept("menu_id", String(64), nullable=False),
    Column("phone", String(16), nullable=False),
    _kept("request_id", String(36), nullable=False),
    _kept("web_request", String(36), nullable=False, server_default=""),
    _kept("status", String(12), nullable=False),
    _kept("reason", Text, nullable=False, default=""),
    _kept("attempt", Integer, nullable=False, default=0),
    _kept("created_at", UtcDateTime, nullable=False),
    _kept("due_at", UtcDateTime, nullable=False),
    _kept("expires_at", UtcDateTime, nullable=False),
    _kept("lease_owner", String(120)),
    _kept("lease_expires_at", UtcDateTime),
    Column("page_url", Text, nullable=False, default=""),
    Column("landing_url", Text, nullable=False, server_default=""),
    Column("referrer", Text, nullable=False, default=""),
    Column("locale", String(35), nullable=False, default=""),
    Column("utm", JSON, nullable=False, default=dict),
    _kept("talk_seconds", Integer),
    Column("vendor_call", String(64), nullable=False, server_default=""),
    _kept("planned_at", UtcDateTime),
    _kept("wall_time", String(16), nullable=False, server_default=""),
    Column("timezone", String(64), nullable=False, server_default=""),
    _kept("retry_of", String(32)),
    UniqueConstraint("site", "request_id"),
    Index("calls_by_status", "status", "due_at"),
    Index("calls_by_phone", "phone", "created_at"),
    Index("calls_by_site", "site", "created_at"),
    Index("calls_by_time", "created_at"),
    _index_where_set("calls_planned", "planned_at"),
    _index_where_set("calls_planned_by_site", "site", "planned_at"),
    _index_where_set("calls_retries", "retry_of"),
)

# Deleted calls by final state, as a counter must not decrease.
calls_deleted = Table(
    "calls_deleted",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("status", String(12), primary_key=True),
    Column("count", Integer, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("since", UtcDateTime, nullable=False),
)

holidays = Table(
    "holidays",
    metadata,
    Column("calendar", String(6), primary_key=True),
    Column("day", Date, primary_key=True),
)

# A number is stored as a keyed hash, a prefix in plain text.
suppressions = Table(
    "suppressions",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("last_two", String(2), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("source", String(12), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Index("suppressed_prefixes", "prefix"),
)

call_events = Table(
    "call_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column(
        "call_id",
        ForeignKey("calls.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("at", UtcDateTime, nullable=False),
    Column("from_status", String(12)),
    Column("to_status", String(12), nullable=False),
    Column("reason", Text, nullable=False, default=""),
)

# Messages to owners, deleted with their call. They hold no personal data: that is only in `calls`.
hook_messages = Table(
    "hook_messages",
    metadata,
    Column("id", String(40), primary_key=True),
    Column(
        "call_id",
        ForeignKey("calls.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("site", String(63), nullable=False),
    Column("event", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("status", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("talk_seconds", Integer),
    Column("state", String(12), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("outcome", String(64), nullable=False),
    Index("hook_messages_due", "state", "due_at"),
    Index("hook_messages_by_site", "site", "at"),
)

# Sites whose receiver answered 410, and its URL.
hooks_gone = Table(
    "hooks_gone",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("url", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
)

# Every consent wording that a form has shown, once.
consents = Table(
    "consents",
    metadata,
    Column("version", String(16), primary_key=True),
    Column("locale", String(35), nullable=False),
    Column("sentence", Text, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

# Outlives its call, so `call_id` is not a foreign key. The number is stored as a keyed hash.
call_evidence = Table(
    "call_evidence",
    metadata,
    Column("call_id", String(32), primary_key=True),
    Column("token_id", String(16), unique=True),
    Column("site", String(63), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("last_two", String(2), nullable=False),
    Column("version", String(16), nullable=False),
    Column("locale", String(35), nullable=False),
    Column("page_url", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("ticked", Boolean),
    Column("night", Boolean),
    Column("network", String(50), nullable=False),
    Index("evidence_by_number", "digest"),
    Index("evidence_by_site", "site", "at"),
)

call_refusals = Table(
    "call_refusals",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("reason", String(64), primary_key=True),
    Column("hour", UtcDateTime, primary_key=True),
    Column("count", Integer, nullable=False),
)

breakers = Table(
    "breakers",
    metadata,
    Column("provider", String(32), primary_key=True),
    Column("menu_id", String(64), primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("failed_at", UtcDateTime, nullable=False),
    Column("trial_call", String(32), nullable=False),
    Column("trial_at", UtcDateTime),
)

alarms = Table(
    "alarms",
    metadata,
    Column("site", String(63), primary_key=True),
    Column("level", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)
