"""How many calls several dispatchers claim from one PostgreSQL, and that no call is claimed twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.claimer import Share
from benchmarks.filling import fill_queued
from benchmarks.servers import ROOT, Installation, clean_environment
from benchmarks.stores import postgres
from benchmarks.table import BenchmarkError, Figure
from tests.helpers.stores import new_database

DISPATCHERS = 4
BATCH = 50
CALLS_IN_BATCHES = 20_000
CALLS_ONE_BY_ONE = 4_000
_DEADLINE_SECONDS = 60.0


def measure(folder: Path) -> list[Figure]:
    batches = one_by_one = None
    with postgres() as server:
        if server:
            url = server.server_url
            batches = _rate(folder / "batches", new_database(url), CALLS_IN_BATCHES, BATCH)
            one_by_one = _rate(folder / "single", new_database(url), CALLS_ONE_BY_ONE, 1)
    return [
        Figure(
            f"claims/s, {DISPATCHERS} dispatchers, PostgreSQL, {BATCH} at a time",
            batches,
            "/s",
            at_least=1_000,
        ),
        Figure("  the same, 1 at a time", one_by_one, "/s"),
    ]


def _rate(folder: Path, url: str, count: int, most: int) -> float:
    """Calls per second from the common start until all are claimed, each exactly once."""
    Installation(folder, settings={"CALLME_DATABASE_URL": url}).prepare()
    fill_queued(url, count)
    with _claimers(url, most) as claimers:
        for claimer in claimers:
            assert claimer.stdout
            if claimer.stdout.readline() != "ready\n":
                raise BenchmarkError("a claiming process did not get ready")
        started = time.monotonic()
        for claimer in claimers:
            assert claimer.stdin
            claimer.stdin.write("go\n")
            claimer.stdin.flush()
        shares = [_share(claimer) for claimer in claimers]
    ids = [call_id for share in shares for call_id in share.ids]
    if len(ids) != count or len(set(ids)) != count:
        raise BenchmarkError(
            f"of {count} calls {len(set(ids))} were claimed, {len(ids) - len(set(ids))} twice"
        )
    return count / (max(share.finished for share in shares) - started)


def _share(claimer: subprocess.Popen[str]) -> Share:
    try:
        printed, _ = claimer.communicate(timeout=_DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"claiming took longer than {_DEADLINE_SECONDS:.0f} s") from None
    if claimer.returncode:
        raise BenchmarkError("a claiming process failed")
    return Share(**json.loads(printed))


@contextmanager
def _claimers(url: str, most: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Starts the processes; those that still run at the end are killed."""
    claimers: list[subprocess.Popen[str]] = []
    try:
        for _ in range(DISPATCHERS):
            claimers.append(  # noqa: PERF401  # if one cannot be started, those before it must end
                subprocess.Popen(
                    [sys.executable, "-m", "benchmarks.claimer", url, str(most)],
                    cwd=ROOT,
                    env=clean_environment(),
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
        yield claimers
    finally:
        for claimer in claimers:
            claimer.kill()
            claimer.wait()
