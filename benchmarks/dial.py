"""How soon a call is ordered from the vendor after it was accepted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles

from benchmarks.load import Job, submit
from benchmarks.servers import CALLS, ORIGIN, Installation, Server, received, sandbox, token
from benchmarks.table import BenchmarkError, Figure
from benchmarks.wire import phone_number
from webapp.providers.dialogtech import vendor_number
from webapp.store.calls import CallRepository
from webapp.store.engine import Database

PER_SECOND = 20.0
SECONDS = 20.0
WARM_UP_SECONDS = 1.0
CONNECTIONS = 4
_FIRST = 1_000
_DEADLINE_SECONDS = 15.0
_CLOCK_STEP = 0.001
"""The stand-in cuts times of arrival to whole milliseconds; each counts as that millisecond's end."""


@dataclass(frozen=True, slots=True)
class Times:
    """One call's times, in Unix seconds: `made` is before the commit, `answered` after it."""

    made: float
    answered: float
    arrived: float


def measure(folder: Path) -> list[Figure]:
    """The figure counts from before the commit, so it is an upper bound that includes the commit."""
    folder.mkdir()
    with sandbox(folder, delay=1) as vendor:
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php")
        installation.prepare()
        with installation.running("serve") as server:
            _submit(server, token(server), WARM_UP_SECONDS, first=0)
            times = dialled(installation, server, vendor, SECONDS, _FIRST)
    since_made = [(call.arrived - call.made) * 1000 for call in times]
    since_answered = [(call.arrived - call.answered) * 1000 for call in times]
    return [
        Figure(
            "commit to vendor's arrival, median",
            median(since_made),
            "ms",
            at_most=10,
            digits=1,
        ),
        Figure(
            "commit to vendor's arrival, p99",
            p99(since_made),
            "ms",
            at_most=50,
            digits=1,
        ),
        Figure("  from the visitor's 202, median", median(since_answered), "ms", digits=1),
        Figure("  from the visitor's 202, p99", p99(since_answered), "ms", digits=1),
    ]


def dialled(
    installation: Installation, server: Server, vendor: Server, seconds: float, first: int
) -> list[Times]:
    """Submit PER_SECOND calls for `seconds`, from visitors numbered from `first`; the times of each."""
    answered = _submit(server, token(server), seconds, first)
    arrived = _arrivals(vendor, first, len(answered))
    database = Database(installation.database_url)
    calls = CallRepository(database)
    times = []
    for call_id, at in answered.items():
        call = calls.get(call_id)
        if call is None:
            raise BenchmarkError(f"call {call_id} was accepted and is gone")
        times.append(Times(call.created_at.timestamp(), at, arrived[vendor_number(call.phone)]))
    database.close()
    return times


def _submit(server: Server, signed: str, seconds: float, first: int) -> dict[str, float]:
    job = Job(
        port=server.port,
        path=CALLS,
        origin=ORIGIN,
        token=signed,
        seconds=seconds,
        connections=CONNECTIONS,
        first=first,
        per_second=PER_SECOND,
    )
    return submit(job).accepted


def _arrivals(vendor: Server, first: int, expected: int) -> dict[str, float]:
    """When each measured number was ordered, once all are. Raises BenchmarkError unless each was ordered
    exactly once, as the times would mean nothing."""
    wanted = {vendor_number(phone_number(first + at)) for at in range(expected)}
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        rung = [
            (call["query"]["phone_to_call"], call["received_at"])
            for call in received(vendor)
            if call["query"]["phone_to_call"] in wanted
        ]
        if len(rung) >= expected or time.monotonic() > deadline:
            break
        time.sleep(0.1)
    if len(rung) != expected or len(dict(rung)) != expected:
        raise BenchmarkError(f"{expected} calls accepted, {len(rung)} asked of the vendor")
    return {phone: datetime.fromisoformat(at).timestamp() + _CLOCK_STEP for phone, at in rung}


def p99(values: list[float]) -> float:
    """The 99th percentile."""
    return quantiles(values, n=100, method="inclusive")[98]
