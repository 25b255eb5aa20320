"""Database faults as short names that may be public.

The database's own messages may contain paths, hosts and users, so they are only for the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy.exc import TimeoutError as PoolTimeout


class StoreFault(StrEnum):
    AWAY = "away"
    """The server cannot be reached, or the file cannot be opened."""
    LOCKED = "locked"
    BUSY = "busy"
    """No connection is free, or a statement took too long."""
    DISK_FULL = "disk full"
    DISK_ERROR = "disk error"
    READ_ONLY = "read-only"
    BROKEN = "broken"
    """The file is not a database, or is corrupt."""
    WRONG_SCHEMA = "wrong schema"
    """Our tables are missing or differ from what this code expects."""
    UNUSABLE = "unusable"
    """Anything else."""


# https://www.sqlite.org/rescode.html
_OF_SQLITE: Mapping[int, StoreFault] = {
    sqlite3.SQLITE_CANTOPEN: StoreFault.AWAY,
    sqlite3.SQLITE_BUSY: StoreFault.LOCKED,
    sqlite3.SQLITE_LOCKED: StoreFault.LOCKED,
    sqlite3.SQLITE_FULL: StoreFault.DISK_FULL,
    sqlite3.SQLITE_IOERR: StoreFault.DISK_ERROR,
    sqlite3.SQLITE_READONLY: StoreFault.READ_ONLY,
    sqlite3.SQLITE_CORRUPT: StoreFault.BROKEN,
    sqlite3.SQLITE_NOTADB: StoreFault.BROKEN,
    sqlite3.SQLITE_ERROR: StoreFault.WRONG_SCHEMA,  # our statements are valid, so a table is missing
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_POSTGRESQL: Mapping[str, StoreFault] = {
    "57P01": StoreFault.AWAY,
    "57P02": StoreFault.AWAY,
    "57P03": StoreFault.AWAY,
    "55P03": StoreFault.LOCKED,
    "57014": StoreFault.BUSY,
    "53300": StoreFault.BUSY,
    "53100": StoreFault.DISK_FULL,
    "58030": StoreFault.DISK_ERROR,
    "25006": StoreFault.READ_ONLY,
    "XX001": StoreFault.BROKEN,
    "XX002": StoreFault.BROKEN,
    "42P01": StoreFault.WRONG_SCHEMA,
    "42703": StoreFault.WRONG_SCHEMA,
}


def fault_of(cause: BaseException | None) -> StoreFault:
    """Classify a fault by the code in the driver's exception."""
    if isinstance(cause, PoolTimeout):
        return StoreFault.BUSY
    if isinstance(cause, sqlite3.Error):
        number = getattr(cause, "sqlite_errorcode", -1)  # Python's own exceptions have none
        return _OF_SQLITE.get(number & 0xFF, StoreFault.UNUSABLE)
    sqlstate = getattr(cause, "sqlstate", "")
    if sqlstate is None or sqlstate.startswith("08"):  # no answer, or a broken connection
        return StoreFault.AWAY
    return _OF_POSTGRESQL.get(sqlstate, StoreFault.UNUSABLE)
