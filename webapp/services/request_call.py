"""Accepts a call: from a validated request to a committed row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain.calls import WINDOW, Call, CallStatus, Plan, Visit, new_call_id
from webapp.domain.clock import Clock
from webapp.domain.consent import Agreement
from webapp.domain.limits import CallLimits, LimitReached
from webapp.domain.masking import mask_phone
from webapp.domain.phone.number import Phone
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Receptionist
from webapp.log import get_logger
from webapp.services.breaker import BreakerCache
from webapp.store.breakers import BreakerState
from webapp.store.intake import Intake

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A visitor's request, with every field validated against the site."""

    site: str
    limits: CallLimits
    receptionist: Receptionist
    phone: Phone
    request_id: str
    visit: Visit
    agreement: Agreement
    web_request: str = ""
    timezone: str = ""
    plan: Plan | None = None
    slot: timedelta = WINDOW
    """How long a planned call may take to be placed."""


class RequestCall:
    """`wake` notifies the dispatcher; it is called after the commit."""

    def __init__(
        self, intake: Intake, breaker: BreakerCache, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._intake = intake
        self._breaker = breaker
        self._clock = clock
        self._wake = wake

    def is_refusing(self, receptionist: Receptionist) -> bool:
        """Whether the vendor or this menu is down and no trial is due. Raises StoreUnavailable."""
        return self._breaker.state(receptionist.menu_id) is BreakerState.OPEN

    def is_down(self, receptionist: Receptionist) -> bool:
        """Whether the vendor or this menu is down, for a call that is not to be the trial. Raises
        StoreUnavailable."""
        return self._breaker.state(receptionist.menu_id) is not BreakerState.CLOSED

    def is_stored(self, site: str, request_id: str) -> bool:
        """Whether this request already has a call. Raises StoreUnavailable."""
        return self._intake.stored((site, request_id)) is not None

    def __call__(self, request: CallRequest) -> Call:
        """Commit the call and return it; a repeated request_id returns its first call.

        Raises Refusal or StoreUnavailable; then nothing was accepted.
        """
        wanted = _new_call(request, self._clock())
        # A planned call is due later, when the vendor may be up again.
        if request.plan is None and self._breaker.state(wanted.menu_id) is not BreakerState.CLOSED:
            if stored := self._intake.stored(wanted.request):
                return stored
            if not self._breaker.take_trial(wanted.menu_id, wanted.id):
                raise Refusal(Reason.VENDOR_DOWN)
            _log.info("trial", call=wanted.id)
        call = self._add(wanted, request)
        if call.id == wanted.id:
            self._wake()
            _log.info("accepted", call=call.id, site=call.site, phone=mask_phone(call.phone))
        else:
            _log.info("asked again", call=call.id, site=call.site)
        return call

    def _add(self, wanted: Call, request: CallRequest) -> Call:
        try:
            return self._intake.add(wanted, request.limits, request.agreement)
        except LimitReached:
            # Otherwise calls refused by a limit could use up all trials.
            self._breaker.give_back(wanted.id)
            raise


def _new_call(request: CallRequest, now: datetime) -> Call:
    plan = request.plan
    due_at = plan.at if plan else now
    return Call(
        id=new_call_id(),
        site=request.site,
        receptionist=request.receptionist.key,
        menu_id=request.receptionist.menu_id,
        phone=request.phone.e164,
        request_id=request.request_id,
        status=CallStatus.SCHEDULED if plan else CallStatus.QUEUED,
        created_at=now,
        due_at=due_at,
        expires_at=due_at + (request.slot if plan else WINDOW),
        visit=request.visit,
        web_request=request.web_request,
        timezone=request.timezone,
        plan=plan,
    )
