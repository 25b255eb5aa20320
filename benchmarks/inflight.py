"""What a thousand calls in flight cost: memory, and the polls of visitors who follow their calls."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median

from benchmarks.filling import fill_queued
from benchmarks.load import Job, submit
from benchmarks.rounds import in_turn, ratio
from benchmarks.servers import CALLS, ORIGIN, Installation, Server, received, sandbox, token
from benchmarks.start import Memory, memory_of
from benchmarks.table import BenchmarkError, Figure
from tests.helpers.callme import queue_in
from webapp.domain.clock import utc_now
from webapp.store.engine import Database

IN_FLIGHT = 1_000
RING_SECONDS = 20.0
ROUNDS = 4
POLL_SECONDS = 1.0
POLL_CONNECTIONS = 50
SUBMIT_CONNECTIONS = 16
MOST_IN_FLIGHT = {"CALLME_MAX_CALLS_IN_FLIGHT": "1000"}


@dataclass
class Side:
    """One server, calls that it has, and polls per second, round by round."""

    server: Server
    call_ids: list[str]
    rates: list[float] = field(default_factory=list)

    def measure(self) -> None:
        job = Job(
            port=self.server.port,
            path="",
            origin=ORIGIN,
            token="",
            seconds=POLL_SECONDS,
            connections=POLL_CONNECTIONS,
            first=0,
            polled=self.call_ids,
        )
        self.rates.append(submit(job).rate)


def measure(folder: Path) -> list[Figure]:
    """Measure two servers side by side, as the calls in flight do not last long."""
    idle = Installation(folder / "idle")
    idle.prepare()
    others = _dialled_elsewhere(idle.database_url)
    with sandbox(folder, RING_SECONDS) as vendor:
        busy = Installation(folder / "busy", f"{vendor.origin}/ibp_api.php", MOST_IN_FLIGHT)
        busy.prepare()
        with busy.running("serve") as server:
            ours = hold(server, vendor, IN_FLIGHT)
            memory = memory_of(server.pid)
            with idle.running("serve") as other:
                held, none = Side(server, ours), Side(other, others)
                _poll_in_turn(held, none, vendor)
    return _figures(memory, held.rates, none.rates)


def _figures(memory: Memory | None, held: list[float], none: list[float]) -> list[Figure]:
    pss = memory.pss / 1e6 if memory else None
    rss = memory.rss / 1e6 if memory else None
    return [
        Figure("1,000 calls in flight, memory of all processes", pss, "MB", at_most=150, digits=1),
        Figure("  the same, shared pages for each process", rss, "MB", digits=1),
        Figure("status polls/s, 1,000 in flight ÷ none", ratio(held, none), at_least=0.7, digits=2),
        Figure("  1,000 calls in flight", median(held), "/s"),
        Figure("  none in flight", median(none), "/s"),
    ]


def hold(server: Server, vendor: Server, count: int) -> list[str]:
    """Submit `count` calls and wait until all of their phones ring; returns the calls' ids."""
    job = Job(
        port=server.port,
        path=CALLS,
        origin=ORIGIN,
        token=token(server),
        seconds=RING_SECONDS,
        connections=SUBMIT_CONNECTIONS,
        first=0,
        most=count,
    )
    accepted = list(submit(job).accepted)
    deadline = time.monotonic() + RING_SECONDS
    while (ringing := _ringing(vendor)) < count:
        if time.monotonic() > deadline:
            raise BenchmarkError(f"of {count} calls only {ringing} are in flight at once")
        time.sleep(0.05)
    return accepted


def _poll_in_turn(held: Side, none: Side, vendor: Server) -> None:
    """Measure rounds for as long as the phones ring. A round in which one stops does not count."""
    none.measure()  # to warm it up; `held` already is
    none.rates.clear()
    for sides in in_turn(ROUNDS, (held, none)):
        for side in sides:
            side.measure()
        if _ringing(vendor) < IN_FLIGHT:
            held.rates.pop()
            none.rates.pop()
            break
    if not held.rates:
        raise BenchmarkError("the phones were answered before anything could be measured")


def _dialled_elsewhere(url: str) -> list[str]:
    """Add `count` calls in the same state, held by a dispatcher that does not exist; their ids."""
    fill_queued(url, IN_FLIGHT)
    database = Database(url)
    claimed = queue_in(database).claim("nobody", utc_now(), timedelta(hours=1), IN_FLIGHT)
    database.close()
    return [call.id for call in claimed]


def _ringing(vendor: Server) -> int:
    return sum(call["state"] == "ringing" for call in received(vendor))
