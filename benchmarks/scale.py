"""Whether a million finished calls slow down today's visitors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.filling import fill_finished, some_ids
from benchmarks.load import Job, submit
from benchmarks.rounds import in_turn, ratio
from benchmarks.servers import CALLS, ORIGIN, Installation, Server, token
from benchmarks.stores import postgres
from benchmarks.table import Figure
from tests.helpers.stores import new_database

FEW, MANY = 1_000, 1_000_000
ROUNDS = 6
SECONDS = 0.7
WARM_UP_SECONDS = 1.0
POLLED = 1_000
"""How many calls' status is requested, from anywhere in the table."""

LIMITS = {
    "number_pause_seconds": 120,
    "number_per_day": 3,
    "per_hour": 100_000,
    "per_day": 100_000,
}
SETTINGS = {"CALLME_CALLS_PER_DAY": "100000"}
"""With these, all limits are counted but none is reached."""

_VISITORS_A_JOB = 10_000


@dataclass
class Side:
    """One server, with the median milliseconds of each round, on one connection."""

    server: Server
    token: str
    polled: list[str]
    accept: list[float] = field(default_factory=list)
    poll: list[float] = field(default_factory=list)
    jobs: Iterator[int] = field(default_factory=count)

    def measure(self) -> None:
        self.accept.append(self._p50([], SECONDS))
        self.poll.append(self._p50(self.polled, SECONDS))

    def warm_up(self) -> None:
        self._p50([], WARM_UP_SECONDS)
        self._p50(self.polled, WARM_UP_SECONDS)

    def _p50(self, polled: list[str], seconds: float) -> float:
        job = Job(
            port=self.server.port,
            path=CALLS,
            origin=ORIGIN,
            token=self.token,
            seconds=seconds,
            connections=1,
            first=next(self.jobs) * _VISITORS_A_JOB,
            polled=polled,
        )
        return submit(job).p50 * 1000


def measure(folder: Path) -> list[Figure]:
    figures = _figures("SQLite", *_measured(folder / "sqlite", [{}, {}]))
    with postgres() as server:
        if server is None:
            return figures + _figures("PostgreSQL", None, None)
        urls = [{"CALLME_DATABASE_URL": new_database(server.server_url)} for _ in range(2)]
        return figures + _figures("PostgreSQL", *_measured(folder / "postgresql", urls))


def _figures(name: str, small: Side | None, large: Side | None) -> list[Figure]:
    accept = poll = None
    before: dict[str, float | None] = {"accept": None, "poll": None}
    if small and large:
        accept = ratio(large.accept, small.accept)
        poll = ratio(large.poll, small.poll)
        before = {"accept": median(small.accept), "poll": median(small.poll)}
    sizes = "1,000,000 calls ÷ 1,000"
    return [
        Figure(f"{name}: accept p50, {sizes}", accept, at_most=1.2, digits=2),
        Figure("  with 1,000", before["accept"], "ms", digits=2),
        Figure(f"{name}: poll p50, {sizes}", poll, at_most=1.2, digits=2),
        Figure("  with 1,000", before["poll"], "ms", digits=2),
    ]


def _measured(folder: Path, settings: list[dict[str, str]]) -> tuple[Side, Side]:
    """The side with few calls and the one with many, measured in turn."""
    with ExitStack() as stack:
        small, large = (
            stack.enter_context(_side(folder / str(size), size, of_its_own))
            for size, of_its_own in zip((FEW, MANY), settings, strict=True)
        )
        for side in (small, large):
            side.warm_up()
        for sides in in_turn(ROUNDS, (small, large)):
            for side in sides:
                side.measure()
    return small, large


@contextmanager
def _side(folder: Path, size: int, settings: dict[str, str]) -> Iterator[Side]:
    installation = Installation(folder, settings=SETTINGS | settings, limits=LIMITS)
    installation.prepare()
    fill_finished(installation.database_url, size)
    with installation.running("web") as server:
        yield Side(server, token(server), some_ids(installation.database_url, POLLED))
