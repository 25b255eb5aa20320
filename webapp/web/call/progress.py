"""How each state of a call is shown to its visitor, in the API and on the hosted page.

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
    """`words` names the catalogues' title and sentence; `reached` is how many of the three steps are
    done; `poll_after_ms` is how long a page waits before it asks again, 0 where nothing more can come.
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
    """One sentence about the call for the visitor. A site that is gone leaves its names empty."""
    receptionist = site.receptionist(call.receptionist) if site else None
    return words().text(
        f"{SHOWN[call.status].words}.sentence",
        name=site.name if site else "",
        receptionist=receptionist.label if receptionist else "",
        tel=display_phone(site.fallback_phone, site.region) if site else "",
    )


def poll_after_ms(status: CallStatus, created_at: datetime, now: datetime) -> int:
    """A phone that was not picked up at once may ring for long: the page then asks less often."""
    pause = SHOWN[status].poll_after_ms
    return max(pause, _PATIENT_POLL_MS) if pause and now - created_at > _PATIENT_AFTER else pause
