"""Looks up calls: a filtered list, or everything known about one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.domain.calls import Call
from webapp.domain.consent import Evidence
from webapp.domain.hooks import Message
from webapp.domain.suppression import Fingerprint
from webapp.store.call_search import CallFilter, CallSearch
from webapp.store.calls import CallEvent, CallRepository
from webapp.store.consents import EvidenceRepository
from webapp.store.engine import Database
from webapp.store.message_search import MessageFilter, MessageSearch

_MAX_DELIVERIES = 100
"""A call has a handful of messages."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """Each list is oldest first. `call` is None after its row was deleted: evidence is kept longer."""

    call: Call | None
    events: Sequence[CallEvent]
    evidence: Evidence | None
    deliveries: Sequence[Message]


class CallLookup:
    """Each method raises StoreUnavailable if the database cannot be read."""

    def __init__(self, database: Database, fingerprint: Fingerprint) -> None:
        self._calls = CallRepository(database)
        self._search = CallSearch(database)
        self._evidence = EvidenceRepository(database, fingerprint)
        self._messages = MessageSearch(database)

    def newest(self, wanted: CallFilter, limit: int) -> list[Call]:
        """The newest `limit` matching calls, newest first."""
        return self._search.newest(wanted, limit)

    def record(self, call_id: str) -> CallRecord | None:
        """Everything known about one call; None if nothing is."""
        call = self._calls.get(call_id)
        evidence = next(iter(self._evidence.find(call_id)), None)
        if call is None and evidence is None:
            return None
        return CallRecord(
            call,
            self._calls.events(call_id),
            evidence,
            self._messages.find(MessageFilter(call_id=call_id), _MAX_DELIVERIES),
        )

    def evidence(self, call_id_or_number: str) -> list[tuple[Evidence, Call | None]]:
        """The consent evidence of one call, or of all calls to a number (E.164), oldest first, each with
        its call if that is still kept."""
        found = self._evidence.find(call_id_or_number)
        return [(evidence, self._calls.get(evidence.call_id)) for evidence in found]
