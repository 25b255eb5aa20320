"""How each state of a call is presented to the visitor, in the API and on the hosted page.

The widget's own table is in static/widget/cards.js.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.domain.calls import CallStatus, Progress
from webapp.domain.phone.number import display_phone
from webapp.domain.site.model import Site
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
    CallStatus.SCHEDULED: Shown("queued", reached=1, poll_after_ms=15_000),
    CallStatus.QUEUED: Shown("queued", reached=1, poll_after_ms=400),
    CallStatus.DIALING: Shown("dialing", reached=2, poll_after_ms=1_000),
    CallStatus.CONNECTED: Shown("connected", reached=3),
    CallStatus.BUSY: Shown("busy"),
    CallStatus.FAILED: Shown("failed"),
    CallStatus.UNKNOWN: Shown("unknown"),
    CallStatus.EXPIRED: Shown("failed"),
    CallStatus.CANCELLED: Shown("cancelled"),
}

_PATIENT_AFTER = timedelta(seconds=8)
_PATIENT_POLL_MS = 2_000


def sentence(call: Progress, site: Site | None) -> str:
    """One sentence about the call for the visitor. If the site was removed, its names are empty."""
    receptionist = site.receptionist(call.receptionist) if site else None
    shown = words().text(
        f"{SHOWN[call.status].words}.sentence",
        name=site.name if site else "",
        receptionist=receptionist.label if receptionist else "",
        tel=display_phone(site.fallback_phone, site.region) if site else "",
    )
    number = calls_from(call, site)
    if call.status is CallStatus.DIALING and site and number:
        shown += " " + words().text("calls_from", number=display_phone(number, site.region))
    return shown


def calls_from(call: Progress, site: Site | None) -> str | None:
    """The number (E.164) that shows on the visitor's phone, if the owner told it."""
    receptionist = site.receptionist(call.receptionist) if site else None
    return receptionist.calls_from if receptionist else None


def poll_after_ms(status: CallStatus, created_at: datetime, now: datetime) -> int:
    """A phone that is not answered soon may ring for long: the page then polls less often."""
    pause = SHOWN[status].poll_after_ms
    return max(pause, _PATIENT_POLL_MS) if pause and now - created_at > _PATIENT_AFTER else pause
