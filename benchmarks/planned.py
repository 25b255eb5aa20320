"""Planned calls: how soon they ring when they are due, how fast slots are told, and whether many of them
slow down those who want a call now."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from sqlalchemy import insert

from benchmarks.rounds import in_turn, ratio
from benchmarks.scale import LIMITS, POLLED, ROUNDS, SETTINGS, Side
from benchmarks.servers import ORIGIN, Installation, Server, received, sandbox, token
from benchmarks.table import BenchmarkError, Figure
from webapp.domain.calls import WINDOW, Call, CallStatus, Plan, new_call_id
from webapp.domain.clock import utc_now
from webapp.sandbox.landing import SITE_KEY
from webapp.store.engine import Database
from webapp.store.rows import values_of
from webapp.store.tables import calls

DUE = 500
RING_SECONDS = 20.0
DUE_IN = timedelta(seconds=5)
SLOTS_TAKEN = 10_000
MANY = 100_000
DAYS = 13
QUARTER = timedelta(minutes=15)
ASKED = 99
OFFICE = {
    "timezone": "America/New_York",
    "week": {"mon-fri": ["09:00-12:30", "13:30-17:30"], "sat": ["10:00-14:00"]},
}
RECEPTIONISTS = ("quotes", "service", "billing")
_NO_LIMITS = {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 0, "per_day": 0}
_BATCH = 5_000


def measure(folder: Path) -> list[Figure]:
    folder.mkdir()
    return [*_due(folder / "due"), *_slots(folder / "slots"), *_crowded(folder / "crowded")]


def _due(folder: Path) -> list[Figure]:
    """One `callme serve` on SQLite; all calls are due at the same instant."""
    folder.mkdir()
    with sandbox(folder, RING_SECONDS) as vendor:
        settings = {"CALLME_MAX_CALLS_IN_FLIGHT": "1000"}
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php", settings, _NO_LIMITS)
        installation.prepare()
        with installation.running("serve"):
            at = utc_now() + DUE_IN
            _plan(installation, (at for _ in range(DUE)))
            deadline = time.monotonic() + 60
            while len(received(vendor)) < DUE and time.monotonic() < deadline:
                time.sleep(0.5)
        ordered = received(vendor)
    phones = [call["query"]["phone_to_call"] for call in ordered]
    if len(ordered) < DUE / 2:
        raise BenchmarkError(f"only {len(ordered)} of {DUE} planned calls were ordered")
    waited = [
        (datetime.fromisoformat(call["received_at"]) - at).total_seconds() for call in ordered
    ]
    return [
        Figure(
            f"{DUE} calls due at once: due to the vendor, p99",
            p99(waited),
            "s",
            at_most=5,
            digits=2,
        ),
        Figure("  lost", DUE - len(set(phones)), at_most=0),
        Figure("  ordered twice", len(phones) - len(set(phones)), at_most=0),
    ]


def _slots(folder: Path) -> list[Figure]:
    installation = Installation(folder, limits=_NO_LIMITS, hours=OFFICE)
    installation.prepare()
    _plan(installation, _quarters(SLOTS_TAKEN))
    with installation.running("web") as server:
        addresses = count(1)
        took = [
            _asked(server, key, next(addresses)) for _ in range(ASKED // 3) for key in RECEPTIONISTS
        ]
    return [
        Figure(
            f"slots of 14 days, 3 receptionists, {SLOTS_TAKEN:,} planned: p50",
            median(took) * 1000,
            "ms",
            at_most=20,
            digits=1,
        )
    ]


def _asked(server: Server, receptionist: str, visitor: int) -> float:
    """Seconds for the answer to one visitor."""
    path = f"/api/sites/{SITE_KEY}/slots?receptionist={receptionist}&timezone=America/New_York"
    began = time.perf_counter()
    answer = server.get(path, origin=ORIGIN, x_forwarded_for=f"10.1.0.{visitor}")
    took = time.perf_counter() - began
    if answer.status != 200 or not json.loads(answer.body)["days"]:
        raise BenchmarkError(f"no slots: {answer.status} {answer.body[:200]!r}")
    return took


def _crowded(folder: Path) -> list[Figure]:
    with ExitStack() as stack:
        none, many = (
            stack.enter_context(_side(folder / str(planned), planned)) for planned in (0, MANY)
        )
        for side in (none, many):
            side.warm_up()
        for sides in in_turn(ROUNDS, (none, many)):
            for side in sides:
                side.measure()
    sizes = f"{MANY:,} planned calls ÷ none"
    return [
        Figure(f"accept p50, {sizes}", ratio(many.accept, none.accept), at_most=1.2, digits=2),
        Figure("  with none", median(none.accept), "ms", digits=2),
        Figure(f"poll p50, {sizes}", ratio(many.poll, none.poll), at_most=1.2, digits=2),
        Figure("  with none", median(none.poll), "ms", digits=2),
    ]


@contextmanager
def _side(folder: Path, planned: int) -> Iterator[Side]:
    installation = Installation(folder, settings=SETTINGS, limits=LIMITS)
    installation.prepare()
    known = _plan(installation, _quarters(planned)) or _plan(installation, _quarters(1))
    with installation.running("web") as server:
        yield Side(server, token(server), known[:POLLED])


def _quarters(many: int) -> Iterator[datetime]:
    """As many instants, spread over the quarters of the coming days."""
    first = utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    quarters = int(timedelta(days=DAYS) / QUARTER)
    return (first + (number % quarters) * QUARTER for number in range(many))


def _plan(installation: Installation, instants: Iterator[datetime]) -> list[str]:
    """Store a planned call for each instant, as that many visitors would have. Returns their ids."""
    planned = [_call(number, at) for number, at in enumerate(instants)]
    with closing(Database(installation.database_url)) as database:
        for start in range(0, len(planned), _BATCH):
            rows = [values_of(call) for call in planned[start : start + _BATCH]]
            with database.write() as connection:
                connection.execute(insert(calls), rows)
    return [call.id for call in planned]


def _call(number: int, at: datetime) -> Call:
    return Call(
        id=new_call_id(),
        site=SITE_KEY,
        receptionist="service",
        menu_id="55443323",
        phone=f"+1202{9000000 - number:07}",
        request_id=str(uuid.uuid4()),
        status=CallStatus.SCHEDULED,
        created_at=utc_now() - timedelta(days=2),
        due_at=at,
        expires_at=at + max(QUARTER, WINDOW),
        plan=Plan(at),
    )


def p99(values: list[float]) -> float:
    return quantiles(values, n=100)[-1]
