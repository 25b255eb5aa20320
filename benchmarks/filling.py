"""Fills the table of calls with a few statements, as that many requests would take hours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, create_engine, text

from webapp.domain.calls import CallStatus
from webapp.store.address import parse_url


@dataclass(frozen=True, slots=True)
class _Dialect:
    """Where the two databases differ in SQL. `moment` is the time `:pause` × (`:count` - n) s ago."""

    numbers: str
    call_id: str
    request_id: str
    moment: str
    later: str
    quick: tuple[str, ...]
    tidy: tuple[str, ...]


_SQLITE = _Dialect(
    numbers="""
        WITH RECURSIVE numbers(n) AS (
            SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count
        )""",
    call_id="lower(hex(randomblob(11)))",
    request_id="lower(hex(randomblob(18)))",
    moment="strftime('%Y-%m-%d %H:%M:%f000', 'now', ((n - :count) * :pause) || ' seconds')",
    later="strftime('%Y-%m-%d %H:%M:%f000', at, :window || ' seconds')",
    quick=("PRAGMA cache_size = -500000", "PRAGMA synchronous = OFF"),
    tidy=("ANALYZE",),
)
_POSTGRESQL = _Dialect(
    numbers="WITH numbers(n) AS (SELECT generate_series(1, CAST(:count AS int)))",
    call_id="substr(md5(n || '/' || random()), 1, 22)",
    request_id="CAST(gen_random_uuid() AS text)",
    moment="now() + (n - CAST(:count AS int)) * CAST(:pause AS int) * interval '1 second'",
    later="at + CAST(:window AS int) * interval '1 second'",
    quick=("SET LOCAL session_replication_role = replica",),  # does not check foreign keys
    # Done now, so that the server does neither by itself while something is measured.
    tidy=("VACUUM ANALYZE", "CHECKPOINT"),
)
_CALLS = """
    INSERT INTO calls (
        id, site, receptionist, menu_id, phone, request_id, status, reason, attempt,
        created_at, due_at, expires_at, page_url, referrer, locale, utm
    )
    {numbers}, called(n, at) AS (SELECT n, {moment} FROM numbers)
    SELECT
        {call_id}, 'harrow-sun', 'quotes', '55443322', '+1202' || (2000000 + n), {request_id},
        :status, '', :attempt, at, at, {later},
        'https://www.harrow-sun.example/solar?utm_source=search', 'https://search.example/',
        'en-US', '{{"source": "search"}}'
    FROM called
"""
_EVENTS = """
    INSERT INTO call_events (call_id, at, from_status, to_status, reason)
    SELECT calls.id, calls.created_at, life.old, life.new, ''
    FROM calls CROSS JOIN (
        SELECT CAST(NULL AS varchar(12)) AS old, 'queued' AS new
        UNION ALL SELECT 'queued', 'dialing'
        UNION ALL SELECT 'dialing', 'connected'
    ) AS life
"""
_PAUSE_SECONDS = 31
"""Between two calls; this makes a million in a year."""

_WINDOW_SECONDS = 600


def fill_queued(url: str, count: int) -> None:
    """Add `count` calls to an empty table, all due now and for ten minutes."""
    with _tidied(url) as (connection, dialect):
        _insert_calls(connection, dialect, count, CallStatus.QUEUED, 0)


def fill_finished(url: str, count: int) -> None:
    """Add `count` calls to an empty table, connected in the past, each with its three events."""
    with _tidied(url) as (connection, dialect):
        _insert_calls(connection, dialect, count, CallStatus.CONNECTED, _PAUSE_SECONDS)
        connection.execute(text(_EVENTS))


def some_ids(url: str, count: int) -> list[str]:
    """The ids of `count` calls spread over the whole table."""
    engine = create_engine(parse_url(url))
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT id FROM calls ORDER BY random() LIMIT :count"), {"count": count}
        )
        found = [str(row.id) for row in rows]
    engine.dispose()
    return found


@contextmanager
def _tidied(url: str) -> Iterator[tuple[Connection, _Dialect]]:
    """One transaction without our timeouts, and then the upkeep that an old database has had."""
    engine = create_engine(parse_url(url))
    dialect = _SQLITE if engine.dialect.name == "sqlite" else _POSTGRESQL
    with engine.begin() as connection:
        for statement in dialect.quick:
            connection.execute(text(statement))
        yield connection, dialect
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in dialect.tidy:
            connection.execute(text(statement))
    engine.dispose()


def _insert_calls(
    connection: Connection, dialect: _Dialect, count: int, status: CallStatus, pause: int
) -> None:
    statement = _CALLS.format(
        numbers=dialect.numbers,
        call_id=dialect.call_id,
        request_id=dialect.request_id,
        moment=dialect.moment,
        later=dialect.later,
    )
    values = {
        "count": count,
        "pause": pause,
        "window": _WINDOW_SECONDS,
        "status": status.value,
        "attempt": int(pause > 0),
    }
    connection.execute(text(statement), values)
