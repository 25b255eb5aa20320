"""A call and the states it goes through.

scheduled ─► queued ─► dialing ─► connected | busy | failed | unknown
    │          │          └─────► queued       only when the vendor surely never got the request
    └──────────┴────────────────► expired | cancelled

scheduled ─► scheduled                         moved to another time

unknown ─► connected | busy                    only when the vendor says so after the call
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum

from webapp.errors import CallmeError

WINDOW = timedelta(seconds=120)
"""A call that was not placed within this time expires: its visitor no longer waits for it."""

_CALL_ID = re.compile(r"[\w-]{22}", re.ASCII)


class CallStatus(StrEnum):
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    DIALING = "dialing"
    CONNECTED = "connected"
    BUSY = "busy"
    FAILED = "failed"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether we do not change it any more. Only the vendor's report may still settle an `unknown`
        call."""
        return self in FINAL


TRANSITIONS: Mapping[CallStatus, frozenset[CallStatus]] = {
    CallStatus.SCHEDULED: frozenset(
        {
            CallStatus.SCHEDULED,
            CallStatus.QUEUED,
            CallStatus.EXPIRED,
            CallStatus.CANCELLED,
        }
    ),
    CallStatus.QUEUED: frozenset({CallStatus.DIALING, CallStatus.EXPIRED, CallStatus.CANCELLED}),
    CallStatus.DIALING: frozenset(
        {
            CallStatus.CONNECTED,
            CallStatus.BUSY,
            CallStatus.FAILED,
            CallStatus.UNKNOWN,
            CallStatus.QUEUED,
        }
    ),
    CallStatus.CONNECTED: frozenset(),
    CallStatus.BUSY: frozenset(),
    CallStatus.FAILED: frozenset(),
    CallStatus.UNKNOWN: frozenset({CallStatus.CONNECTED, CallStatus.BUSY}),
    CallStatus.EXPIRED: frozenset(),
    CallStatus.CANCELLED: frozenset(),
}
FINAL = frozenset(CallStatus) - {CallStatus.SCHEDULED, CallStatus.QUEUED, CallStatus.DIALING}


class Cause(StrEnum):
    """Why a call changed its state where neither the vendor nor a guard said so."""

    WINDOW_CLOSED = "window_closed"
    MOVED = "moved"
    REPLACED = "replaced"
    """The same number got a new call, so its planned retry is not needed."""
    VISITOR = "visitor"
    SITE_CHANGED = "site_changed"
    TIME_RULES = "time_rules"
    """The zone's rules changed, and the promised wall time is another instant now."""


class IllegalTransition(CallmeError):
    """A change of state that TRANSITIONS does not allow."""


def check_transition(old: CallStatus, new: CallStatus) -> None:
    """Raise IllegalTransition unless a call in `old` may become `new`."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(f"a call that is {old} cannot become {new}")


UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
"""The names of a campaign's parameters in an address."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Where a request came from, as the page told it: for the owner's reports, never for decisions."""

    page_url: str = ""
    landing_url: str = ""
    """The visit's first page, as far as the browser knew."""
    referrer: str = ""
    locale: str = ""
    utm: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> dict[str, str]:
        """Everything but the campaign, by name."""
        return {name: getattr(self, name) for name in VISIT_TEXTS}


VISIT_TEXTS = tuple(text.name for text in fields(Visit) if text.name != "utm")
"""Each is a field of the form and a column of `calls` by the same name, and goes to hooks."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A promise to call at a time. `wall_time` ("2026-12-03T10:15") is what was shown for `at`, in the
    browser's zone, or where that is not known in the zone of the hours. It is empty where nobody chose
    the time: for another try of a busy phone."""

    at: datetime
    wall_time: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted call. `phone` is E.164; times are UTC.

    `request_id` is the page's idempotency key: it makes one call per site. `web_request` is the id of
    the HTTP request in our log.
    `attempt` counts claims; with `lease_owner` it fences off a dispatcher that lost its lease.
    `timezone` is the browser's zone, empty where it is not known.
    A call that tries a busy phone again is a `retry_of` the wish's first call.
    """

    id: str
    site: str
    receptionist: str
    menu_id: str
    phone: str
    request_id: str
    status: CallStatus
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    visit: Visit = field(default_factory=Visit)
    reason: str = ""
    attempt: int = 0
    lease_owner: str | None = None
    web_request: str = ""
    timezone: str = ""
    plan: Plan | None = None
    retry_of: str | None = None

    @property
    def is_unchosen(self) -> bool:
        """Whether we have chosen the time of this planned call, to try a busy phone again."""
        return self.retry_of is not None and self.plan is not None and not self.plan.wall_time

    @property
    def wish(self) -> str:
        """The id of the first call of the visitor's wish: this one's, unless it is a retry."""
        return self.retry_of or self.id

    @property
    def request(self) -> tuple[str, str]:
        """The key by which a repeated request is recognised."""
        return self.site, self.request_id


@dataclass(frozen=True, slots=True)
class Progress:
    """What a visitor may learn about a call, the number only masked; `locale` is the language of the
    form that asked for it. `retry` is the next call of the same wish."""

    id: str
    site: str
    receptionist: str
    status: CallStatus
    created_at: datetime
    expires_at: datetime
    locale: str
    phone: str
    timezone: str
    plan: Plan | None
    retry_of: str | None
    retry: PlannedRetry | None = None

    @property
    def wish(self) -> str:
        """As of `Call`."""
        return self.retry_of or self.id


@dataclass(frozen=True, slots=True)
class PlannedRetry:
    """The call that tries a busy phone again. `waits` until it has ended."""

    id: str
    due_at: datetime
    waits: bool


def new_call_id() -> str:
    """128 random bits, safe in a URL. Whoever knows the id can read the call's status."""
    return secrets.token_urlsafe(16)


def is_call_id(text: str) -> bool:
    """Whether `new_call_id` could have made this."""
    return _CALL_ID.fullmatch(text) is not None
