"""Accepting a call: from a checked request to a committed row."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from webapp.domain.calls import WINDOW, Call, CallStatus, Visit, new_call_id
from webapp.domain.clock import Clock
from webapp.domain.limits import CallLimits
from webapp.domain.masking import mask_phone
from webapp.domain.phone import Phone
from webapp.domain.sites import Receptionist
from webapp.store.intake import Intake

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A visitor's wish whose every field has been checked against the site."""

    site: str
    limits: CallLimits
    receptionist: Receptionist
    phone: Phone
    request_id: str
    visit: Visit


class RequestCall:
    """`wake` tells the dispatcher that there is work; it is called after the commit."""

    def __init__(self, intake: Intake, clock: Clock, wake: Callable[[], None]) -> None:
        self._intake = intake
        self._clock = clock
        self._wake = wake

    def __call__(self, request: CallRequest) -> Call:
        """Commit the call and answer it; a repeated request_id answers the call it first made.

        Raises LimitReached or StoreUnavailable; then nothing was accepted.
        """
        now = self._clock()
        wanted = Call(
            id=new_call_id(),
            site=request.site,
            receptionist=request.receptionist.key,
            menu_id=request.receptionist.menu_id,
            phone=request.phone.e164,
            request_id=request.request_id,
            status=CallStatus.QUEUED,
            created_at=now,
            due_at=now,
            expires_at=now + WINDOW,
            visit=request.visit,
        )
        call = self._intake.add(wanted, request.limits)
        if call.id == wanted.id:
            self._wake()
            _log.info(
                "accepted call=%s site=%s phone=%s",
                call.id,
                call.site,
                mask_phone(call.phone),
            )
        return call
