"""The calls that visitors of the sample page have planned: shown beside it, and rung at a press."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from webapp.domain.calls import Call, CallStatus, Plan
from webapp.domain.clock import Clock
from webapp.domain.limits import CallLimits
from webapp.domain.masking import mask_phone
from webapp.domain.refusals import Refusal
from webapp.domain.suppression import Fingerprint
from webapp.store.calls import CallRepository
from webapp.store.engine import Database
from webapp.store.intake import Intake
from webapp.store.planned import PlannedCalls
from webapp.store.suppressions import SuppressionRepository


class Shown(TypedDict):
    id: str
    phone: str
    receptionist: str
    due_at: str


class Planned:
    """Works on the demo's own database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._planned = PlannedCalls(database)
        self._calls = CallRepository(database)
        # Moving a call looks up no suppressed number, so that the key does not matter.
        self._intake = Intake(database, SuppressionRepository(database, Fingerprint(""), clock))
        self._clock = clock

    def all(self) -> list[Shown]:
        """The next one first."""
        return [_shown(call) for call in self._planned.all()]

    def ring(self, call_id: str) -> bool:
        """Ring this one now, whatever its hours. False if it does not wait any more."""
        call, now = self._calls.get(call_id), self._clock()
        if call is None:
            return False
        at_once = replace(call, status=CallStatus.QUEUED, plan=Plan(now), due_at=now)
        try:
            self._intake.move(call, at_once, CallLimits(), now, "demo")
        except Refusal:
            return False
        return True


def _shown(call: Call) -> Shown:
    return {
        "id": call.id,
        "phone": mask_phone(call.phone),
        "receptionist": call.receptionist,
        "due_at": call.due_at.isoformat(),
    }
