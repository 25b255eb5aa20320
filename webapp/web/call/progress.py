"""How each state of a call is presented to the visitor, in the API and on the hosted page.

The widget's own table is in static/widget/cards.js.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

from flask import url_for

from webapp.context import services
from webapp.domain.calls import Call, CallStatus, Progress
from webapp.domain.masking import mask_phone
from webapp.domain.phone.number import display_phone
from webapp.domain.promises import owners_zone
from webapp.domain.site.model import Site
from webapp.web.call.slots import instant
from webapp.web.call.times import told
from webapp.web.language import words


@dataclass(frozen=True, slots=True)
class Shown:
    """`words` is the catalogue key of title and sentence; `reached` is how many of the three steps are
    done; `poll_after_ms` is how long a page waits before it polls again, 0 in final states.
    """

    words: str
    reached: int = 0
    poll_after_ms: int = 0


SHOWN = {
    CallStatus.SCHEDULED: Shown("scheduled", poll_after_ms=15_000),
    CallStatus.QUEUED: Shown("queued", reached=1, poll_after_ms=400),
    CallStatus.DIALING: Shown("dialing", reached=2, poll_after_ms=1_000),
    CallStatus.CONNECTED: Shown("connected", reached=3),
    CallStatus.BUSY: Shown("busy"),
    CallStatus.FAILED: Shown("failed"),
    CallStatus.UNKNOWN: Shown("unknown"),
    CallStatus.EXPIRED: Shown("failed"),
    CallStatus.CANCELLED: Shown("cancelled"),
}
_RETRYING = Shown("retrying")

_PATIENT_AFTER = timedelta(seconds=8)
_PATIENT_POLL_MS = 2_000
_LONGEST_POLL_MS = 300_000
"""How often a page looks whether its planned call was moved or given up elsewhere."""


class PublicRetry(TypedDict):
    """The call that tries a busy phone again."""

    id: str
    status_url: str
    due_at: str


class CallProgress(TypedDict):
    """The progress of a call."""

    id: str
    status: CallStatus
    title: str
    message: str
    final: bool
    poll_after_ms: int
    due_at: str | None
    calls_from: str | None
    phone: str
    retry: PublicRetry | None


def public_progress(call: Progress, site: Site | None) -> CallProgress:
    """What the API tells of a call; the number only masked."""
    return {
        "id": call.id,
        "status": call.status,
        "title": title(call, site),
        "message": sentence(call, site),
        "final": call.status.final,
        "poll_after_ms": poll_after_ms(call, services().clock()),
        "due_at": instant(call.plan.at) if call.plan else None,
        "calls_from": calls_from(call, site),
        "phone": mask_phone(call.phone) if call.phone else "",
        "retry": {
            "id": call.retry.id,
            "status_url": status_url(call.retry.id),
            "due_at": instant(call.retry.due_at),
        }
        if call.retry
        else None,
    }


def status_url(call_id: str) -> str:
    return services().public_url + url_for("api.status", call_id=call_id)


def shown(call: Progress) -> Shown:
    """How the call's state is presented."""
    planned = call.status is CallStatus.SCHEDULED
    is_tried = call.retry is not None and call.retry.waits
    return _RETRYING if is_tried or (planned and call.retry_of) else SHOWN[call.status]


def title(call: Progress, site: Site | None) -> str:
    """What the call's state is called."""
    return words().text(f"{shown(call).words}.title", when=_when(call, site))


def sentence(call: Progress, site: Site | None) -> str:
    """One sentence about the call for the visitor. If the site was removed, its names are empty."""
    receptionist = site.receptionist(call.receptionist) if site else None
    said = words().text(
        f"{shown(call).words}.sentence",
        name=site.name if site else "",
        receptionist=receptionist.label if receptionist else "",
        tel=display_phone(site.fallback_phone, site.region) if site else "",
        phone=_masked(call.phone),
        when=_when(call, site),
    )
    number = calls_from(call, site)
    is_to_ring = call.status in (CallStatus.SCHEDULED, CallStatus.DIALING)
    if is_to_ring and site and number:
        said += " " + words().text("calls_from", number=display_phone(number, site.region))
    return said


def _masked(phone: str) -> str:
    """The masked number in a sentence. It has no letter: text from right to left would turn it."""
    masked = mask_phone(phone) if phone else ""
    return f"\u2066{masked}\u2069" if words().direction == "rtl" else masked


def calls_from(call: Progress, site: Site | None) -> str | None:
    """The number (E.164) that shows on the visitor's phone, if the owner told it."""
    receptionist = site.receptionist(call.receptionist) if site else None
    return receptionist.calls_from if receptionist else None


def poll_after_ms(call: Progress | Call, now: datetime) -> int:
    """How long a page waits before it looks again, 0 in final states. A phone that is not answered soon
    may ring for long, and a planned call is not due yet: the page then looks less often."""
    pause = SHOWN[call.status].poll_after_ms
    if call.status is CallStatus.SCHEDULED and call.plan:
        until_due = int((call.plan.at - now).total_seconds() * 1000)
        return min(max(until_due, 1_000), _LONGEST_POLL_MS)
    return (
        max(pause, _PATIENT_POLL_MS) if pause and now - call.created_at > _PATIENT_AFTER else pause
    )


def _when(call: Progress, site: Site | None) -> str:
    """When the call, or its next try, is due, by the clock that the visitor was shown."""
    due_at = call.retry.due_at if call.retry else call.plan.at if call.plan else None
    if due_at is None or site is None:
        return ""
    receptionist = site.receptionist(call.receptionist)
    hours = services().sites.opening(site, receptionist) if receptionist else None
    return told(due_at, owners_zone(site, hours), call.timezone)
