"""A script with 2,000 addresses asks for 10,000 calls to 500 numbers as fast as it can.

It runs once on a site with `proof_of_work = "never"`, so that only the limits stand in its way, and once
with the default. Meanwhile a real visitor loads the button and asks for a call on another site of the
same installation.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.load import Job, Result, submit
from benchmarks.servers import CALLS, HOST, ORIGIN, Installation, Server, received, sandbox, token
from benchmarks.table import BenchmarkError, Figure
from benchmarks.wire import ATTACKED_NUMBERS, phone_number, tokens_like
from webapp.sandbox.landing import SITE_KEY

SUBMITS = 10_000
CONNECTIONS = 16
PER_HOUR, PER_DAY = 60, 300
NEIGHBOUR = "neighbour"
QUIET_SECONDS = 8.0
VISITS_PER_SECOND = 10.0
LONGEST_SECONDS = 120.0
_VISITOR = 100_000


@dataclass
class Visits:
    """A real visitor who comes again and again, and how many seconds each request took."""

    server: Server
    signed: str
    latencies: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self, first: int) -> None:
        fresh = tokens_like(self.signed)
        visitor = first
        while not self.stopped.wait(1 / VISITS_PER_SECOND):
            address = {"X-Forwarded-For": f"172.16.{visitor >> 8 & 255}.{visitor & 255}"}
            headers = address | {"Origin": ORIGIN}
            form = {
                "phone": phone_number(visitor),
                "receptionist": "quotes",
                "consent": "yes",
                "token": next(fresh),
                "request_id": str(uuid.uuid4()),
            }
            self.ask("GET", f"/w/{SITE_KEY}.js", headers)
            self.ask("GET", f"/api/sites/{SITE_KEY}/token", headers)
            self.ask("POST", f"/api/sites/{NEIGHBOUR}/calls", headers, urlencode(form))
            visitor += 1

    def ask(self, method: str, path: str, headers: dict[str, str], body: str = "") -> None:
        kind = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        started = time.monotonic()
        connection = HTTPConnection(HOST, self.server.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers | kind)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        self.latencies.append(time.monotonic() - started)
        if answer.status not in (200, 202):
            self.faults.append(f"{answer.status} {path}: {said[:200]!r}")

    @property
    def p95(self) -> float:
        if self.faults or not self.latencies:
            raise BenchmarkError(f"the real visitor was not served: {self.faults[:1]}")
        return sorted(self.latencies)[int(len(self.latencies) * 0.95)]


def measure(folder: Path) -> list[Figure]:
    bare = _attacked(folder / "limits", "never")
    whole = _attacked(folder / "all", "auto")
    return [*_figures("limits alone", bare), *_figures("all guards", whole, at_most=3)]


@dataclass(frozen=True)
class Outcome:
    attack: Result
    rung: int
    above: int
    quiet: Visits
    during: Visits


def _attacked(folder: Path, proof_of_work: str) -> Outcome:
    folder.mkdir(parents=True)
    limits = {"per_hour": PER_HOUR, "per_day": PER_DAY}
    with sandbox(folder, delay=0) as vendor:
        installation = Installation(
            folder,
            f"{vendor.origin}/ibp_api.php",
            limits=limits,
            proof_of_work=proof_of_work,
            neighbour=NEIGHBOUR,
        )
        installation.prepare()
        with installation.running("serve") as server:
            signed = token(server, NEIGHBOUR)
            with _visiting(server, signed, _VISITOR) as quiet:
                time.sleep(QUIET_SECONDS)
            with _visiting(server, signed, 2 * _VISITOR) as during:
                attack = submit(
                    Job(
                        port=server.port,
                        path=CALLS,
                        origin=ORIGIN,
                        token=token(server),
                        seconds=LONGEST_SECONDS,
                        connections=CONNECTIONS,
                        first=0,
                        most=SUBMITS,
                        attack=True,
                    )
                )
            rung = _rung(vendor)
    return Outcome(attack, len(rung), _above(rung), quiet, during)


@contextmanager
def _visiting(server: Server, signed: str, first: int) -> Iterator[Visits]:
    visits = Visits(server, signed)
    thread = threading.Thread(target=visits.run, args=(first,))
    thread.start()
    try:
        yield visits
    finally:
        visits.stopped.set()
        thread.join()


def _rung(vendor: Server) -> list[str]:
    """The attacked numbers that the vendor was asked to ring, once no more come in."""
    attacked = {phone_number(number)[2:] for number in range(ATTACKED_NUMBERS)}
    before = -1
    while True:
        rung = [call["query"]["phone_to_call"] for call in received(vendor)]
        if len(rung) == before:
            return [phone for phone in rung if phone in attacked]
        before = len(rung)
        time.sleep(1)


def _above(rung: list[str]) -> int:
    """Calls above the limits of the site and of each number."""
    twice = len(rung) - len(set(rung))  # a number's pause is two minutes, and the attack is shorter
    return twice + max(len(rung) - PER_HOUR, 0)


def _figures(name: str, outcome: Outcome, at_most: float | None = None) -> list[Figure]:
    statuses = ", ".join(
        f"{count} × {code}" for code, count in sorted(outcome.attack.statuses.items())
    )
    print(f"  {name}: {statuses}")
    return [
        Figure(f"attack on {name}: calls above the caps", outcome.above, at_most=0),
        Figure("  calls rung, cap 60", outcome.rung),
        Figure("  forms answered", outcome.attack.rate, "/s"),
        Figure(
            "  a real visitor's p95 ÷ quiet",
            outcome.during.p95 / outcome.quiet.p95,
            at_most=at_most,
            digits=2,
        ),
        Figure("  a real visitor's p95, quiet", outcome.quiet.p95 * 1000, "ms", digits=1),
        Figure("  a real visitor's p95, attacked", outcome.during.p95 * 1000, "ms", digits=1),
    ]
