"""The three ledgers: what visitors were told, the calls table, and what the vendor received."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from tests.chaos.crowd import Crowd
from tests.helpers.callme import Store
from webapp.domain.calls import TRANSITIONS, CallStatus
from webapp.providers.dialogtech import vendor_number
from webapp.sandbox.outcomes import OVERLOADED
from webapp.sandbox.vendor import Received
from webapp.store.tables import call_events
from webapp.store.tables import calls as calls_table


@dataclass
class Report:
    """The result of a run; `wrong` must be empty."""

    accepted: int
    retries: int
    stored: int
    received: int
    statuses: Counter[str]
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        ends = ", ".join(f"{count} {status}" for status, count in self.statuses.most_common())
        return (
            f"{self.accepted} calls accepted ({self.retries} times asked again), {self.stored} in "
            f"the table: {ends}; {self.received} requests at the vendor; {len(self.wrong)} wrong"
        )


@dataclass(frozen=True)
class _Row:
    id: str
    phone: str
    request_id: str
    status: CallStatus


def reconcile(crowd: Crowd, store: Store, received: Sequence[Received]) -> Report:
    """Compare all three, once nothing changes any more."""
    rows = _rows(store)
    taken: dict[str, list[Received]] = defaultdict(list)
    for record in received:
        taken[record.query["phone_to_call"]].append(record)
    report = Report(
        accepted=len(crowd.accepted),
        retries=crowd.retries,
        stored=len(rows),
        received=len(received),
        statuses=Counter(row.status.value for row in rows.values()),
        wrong=list(crowd.faults),
    )
    report.wrong += _idle(report)
    report.wrong += _lost(crowd, rows)
    report.wrong += _twice(rows, taken)
    report.wrong += _unlike(rows, taken)
    report.wrong += _out_of_order(store, rows)
    return report


def _rows(store: Store) -> dict[str, _Row]:
    columns = calls_table.c
    with store.database.read() as connection:
        found = connection.execute(
            select(columns.id, columns.phone, columns.request_id, columns.status).order_by(
                columns.created_at
            )
        ).all()
    return {
        row.id: _Row(row.id, row.phone, row.request_id, CallStatus(row.status)) for row in found
    }


def _idle(report: Report) -> list[str]:
    """A run in which hardly any phone was rung proves nothing."""
    connected, expired = report.statuses["connected"], report.statuses["expired"]
    if connected < report.accepted / 10 or expired > report.accepted / 20:
        return [f"of {report.accepted} calls {connected} connected and {expired} expired"]
    return []


def _lost(crowd: Crowd, rows: dict[str, _Row]) -> list[str]:
    """A 202 without its own row, or a row without a final state."""
    wrong = [
        f"call {row.id} is still {row.status}" for row in rows.values() if not row.status.final
    ]
    for press in crowd.accepted:
        row = rows.get(press.call_id)
        if row is None:
            wrong.append(f"call {press.call_id} was accepted and is gone")
        elif (row.phone, row.request_id) != (press.phone, press.request_id):
            wrong.append(f"call {press.call_id} is not what was asked for")
    requests = Counter(row.request_id for row in rows.values())
    return wrong + [
        f"request {request_id} has {many} calls"
        for request_id, many in requests.items()
        if many > 1
    ]


def _twice(rows: dict[str, _Row], taken: dict[str, list[Received]]) -> list[str]:
    """Numbers that the vendor accepted more often than they have calls: one, and another where the phone
    was busy. Orders that it did not accept may be repeated."""
    wrong, calls = [], _by_phone(rows)
    for phone, records in taken.items():
        mine = calls.get(phone, [])
        orders = _orders(records)
        if len(orders) > len(mine):
            wrong.append(f"{phone} was asked for again: {[one.outcome for one in records]}")
        if any(call.status is not CallStatus.BUSY for call in mine[:-1]):
            wrong.append(f"{phone} was tried again: {[call.status for call in mine]}")
    return wrong


def _unlike(rows: dict[str, _Row], taken: dict[str, list[Received]]) -> list[str]:
    """Rows that do not agree with what the vendor saw."""
    calls = _by_phone(rows)
    wrong = [f"nobody asked to ring {phone}" for phone in taken.keys() - calls.keys()]
    for phone, mine in calls.items():
        orders = [last.outcome for last in _orders(taken[phone])] if phone in taken else []
        for row, outcome in itertools.zip_longest(mine, orders, fillvalue=None):
            if row is None:
                continue  # `_twice` tells of it
            last = outcome or ""
            if row.status is CallStatus.CONNECTED and last != "Call Connected":
                wrong.append(f"call {row.id} is connected, and the vendor said {last!r}")
            if row.status is CallStatus.BUSY and last != "Phone Busy":
                wrong.append(f"call {row.id} is busy, and the vendor said {last!r}")
            if row.status is CallStatus.EXPIRED and last not in ("", OVERLOADED.name):
                wrong.append(f"call {row.id} expired, and the vendor took it on")
    return wrong


def _by_phone(rows: dict[str, _Row]) -> dict[str, list[_Row]]:
    """The calls to each number, in order."""
    calls: dict[str, list[_Row]] = defaultdict(list)
    for row in rows.values():
        calls[vendor_number(row.phone)].append(row)
    return calls


def _orders(records: Sequence[Received]) -> list[Received]:
    """The last request of each order: those that the vendor did not accept belong to the next one."""
    accepted = [record for record in records if record.outcome != OVERLOADED.name]
    refused_last = records[-1] not in accepted
    return [*accepted, records[-1]] if refused_last else accepted


def _out_of_order(store: Store, rows: dict[str, _Row]) -> list[str]:
    """Events that are not an unbroken path through the state table."""
    lives: dict[str, list[tuple[str | None, str]]] = defaultdict(list)
    with store.database.read() as connection:
        for event in connection.execute(select(call_events).order_by(call_events.c.id)):
            lives[event.call_id].append((event.from_status, event.to_status))
    wrong = []
    for row in rows.values():
        life = lives[row.id]
        whole = bool(life) and life[0][0] is None and life[-1][1] == row.status
        for before, after in itertools.pairwise(life):
            allowed = CallStatus(after[1]) in TRANSITIONS[CallStatus(before[1])]
            whole = whole and after[0] == before[1] and allowed
        if not whole:
            wrong.append(f"call {row.id} is {row.status} and lived {life}")
    return wrong
