"""The benchmarks' own PostgreSQL and Redis; None if their programs are not installed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from benchmarks.servers import BUILD
from benchmarks.table import BenchmarkError
from tests.helpers.programs import PROGRAMS, postgres_programs
from tests.helpers.stores import Postgres, Redis, own_redis


class _SyncedPostgres(Postgres):
    """Waits for the disk at each commit, as a server with real calls does."""

    def __init__(self, folder: Path, programs: Path) -> None:
        super().__init__(folder, programs)
        self._command += ["-c", "fsync=on"]  # overrides the value before it
        self._command += ["-c", "max_wal_size=4GB"]  # so that filling a table starts no checkpoint


@contextmanager
def postgres() -> Iterator[Postgres | None]:
    """On the checkout's disk, but not within a folder that only root may enter."""
    programs = postgres_programs()
    if programs is None:
        yield None
        return
    with TemporaryDirectory(prefix="benchmarks-postgres-", dir=BUILD) as name:
        server = _SyncedPostgres(Path(name), programs)
        try:
            _start(server)
            yield server
            server.stop(signal.SIGQUIT)  # also ends its children, without tidying up
        finally:
            server.close()


@contextmanager
def redis() -> Iterator[Redis | None]:
    if not PROGRAMS["Redis"].find():
        yield None
        return
    with own_redis() as server:
        yield server


def _start(server: Postgres) -> None:
    try:
        server.start()
    except pytest.fail.Exception as failure:
        raise BenchmarkError(str(failure)) from failure
