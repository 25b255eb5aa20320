"""What a second web process adds if both share PostgreSQL and Redis. On a machine with few cores, all of
them and the clients share the cores too."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.load import Job, submit
from benchmarks.rounds import in_turn, ratio
from benchmarks.servers import CALLS, ORIGIN, Installation, Server, token
from benchmarks.stores import postgres, redis
from benchmarks.table import Figure
from tests.helpers.stores import new_database

ROUNDS = 3
SECONDS = 2.5
CONNECTIONS = 16
"""Per process, so that two get twice as many as one."""

_VISITORS_A_JOB = 20_000


@dataclass
class Rates:
    """Submits per second, round by round."""

    one: list[float] = field(default_factory=list)
    two: list[float] = field(default_factory=list)
    jobs: Iterator[int] = field(default_factory=count)

    def of(self, servers: list[tuple[Server, str]]) -> float:
        """Measure these servers together, each with a client of its own."""
        jobs = [
            Job(
                port=server.port,
                path=CALLS,
                origin=ORIGIN,
                token=signed,
                seconds=SECONDS,
                connections=CONNECTIONS,
                first=next(self.jobs) * _VISITORS_A_JOB,
            )
            for server, signed in servers
        ]
        with ThreadPoolExecutor(len(jobs)) as clients:
            return sum(result.rate for result in clients.map(submit, jobs))


def measure(folder: Path) -> list[Figure]:
    rates = Rates()
    with postgres() as database, redis() as counters:
        if database and counters:
            settings = {
                "CALLME_DATABASE_URL": new_database(database.server_url),
                "CALLME_REDIS_URL": counters.url,
            }
            _measure(Installation(folder, settings=settings), rates)
    one = median(rates.one) if rates.one else None
    two = median(rates.two) if rates.two else None
    gained = ratio(rates.two, rates.one) if rates.one else None
    return [
        Figure("PostgreSQL, Redis: submits/s, 2 web processes ÷ 1", gained, digits=2),
        Figure("  1 callme web", one, "/s"),
        Figure("  2 callme web", two, "/s"),
    ]


def _measure(installation: Installation, rates: Rates) -> None:
    installation.prepare()
    with ExitStack() as stack:
        servers = [stack.enter_context(installation.running("web")) for _ in range(2)]
        ready = [(server, token(server)) for server in servers]
        rates.of(ready)  # to warm both up
        for sides in in_turn(ROUNDS, [(rates.one, ready[:1]), (rates.two, ready)]):
            for side, asked in sides:
                side.append(rates.of(asked))
