"""Webhooks about calls: their events, their payload, and when they are retried.

They are signed and retried as Standard Webhooks specifies: https://www.standardwebhooks.com
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from typing import Annotated, Self
from urllib.parse import SplitResult

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from webapp.domain.addresses import is_this_machine, may_be_reached
from webapp.domain.calls import Call, CallStatus, Cause
from webapp.domain.masking import hide_number, mask_phone
from webapp.domain.site.origins import ascii_host, parts_of
from webapp.domain.site.table import Table


class HookEvent(StrEnum):
    """The `type` of a message."""

    ACCEPTED = "call.accepted"
    SCHEDULED = "call.scheduled"
    """Accepted for a time that the visitor chose, or planned as another try."""
    MOVED = "call.moved"
    CONNECTED = "call.connected"
    BUSY = "call.busy"
    FAILED = "call.failed"
    UNKNOWN = "call.unknown"
    EXPIRED = "call.expired"
    CANCELLED = "call.cancelled"
    COMPLETED = "call.completed"
    """After the call, the vendor reported how long people talked."""


_EVENT_OF: Mapping[CallStatus, HookEvent] = {
    CallStatus.CONNECTED: HookEvent.CONNECTED,
    CallStatus.BUSY: HookEvent.BUSY,
    CallStatus.FAILED: HookEvent.FAILED,
    CallStatus.UNKNOWN: HookEvent.UNKNOWN,
    CallStatus.EXPIRED: HookEvent.EXPIRED,
    CallStatus.CANCELLED: HookEvent.CANCELLED,
}


def event_of(old: CallStatus | None, new: CallStatus, reason: str = "") -> HookEvent | None:
    """The event sent to the owner; None for internal changes such as a claim."""
    if old is None:
        return HookEvent.SCHEDULED if new is CallStatus.SCHEDULED else HookEvent.ACCEPTED
    if reason in (Cause.MOVED, Cause.TIME_RULES):
        return HookEvent.MOVED
    return _EVENT_OF.get(new)


_PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
MAX_ATTEMPTS = len(_PAUSES) + 1
JITTER = 0.2
"""Pauses grow at random by up to this share, so that messages that failed together spread out."""

LONGEST_WISH = timedelta(hours=24)
"""The longest postponement that a receiver's Retry-After can ask for."""


def pause_after(attempt: int, wish: timedelta | None, chance: float) -> timedelta | None:
    """How long to wait after that many failed attempts; None after the last one.

    `wish` is what the receiver asked for, `chance` a random number from 0 to 1.
    """
    if attempt >= MAX_ATTEMPTS:
        return None
    pause = max(_PAUSES[attempt - 1], min(wish or timedelta(), LONGEST_WISH))
    return pause * (1 + JITTER * chance)


def _url(value: str) -> str:
    parts = parts_of(value)
    if parts and parts.hostname and not parts.hostname.isascii():
        value = _with_ascii_host(parts, parts.hostname)
    fits = parts and parts.hostname and value.isascii() and value.isprintable() and " " not in value
    if not fits or not parts or parts.scheme not in ("https", "http"):
        raise ValueError("must be an https address such as https://www.acme.example/hooks/callme")
    if parts.username is not None or parts.fragment:
        raise ValueError("must have no user, no password and no fragment; the signature says who")
    return value


def _with_ascii_host(parts: SplitResult, host: str) -> str:
    try:
        name = ascii_host(host)
    except ValueError:
        raise ValueError("has a host that is no name") from None
    port = f":{parts.port}" if parts.port else ""
    user = parts.netloc.rpartition("@")
    return parts._replace(netloc="".join((*user[:2], name, port))).geturl()


def _signing_secret(value: str) -> str:
    try:
        key = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not value.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ and the base64 of 24 to 64 random bytes")
    return value


def _post_call_secret(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{24,200}", value):
        raise ValueError("must be 24 to 200 letters, digits, - and _")
    return value


def _event(value: str) -> str:
    if value not in list(HookEvent):
        raise ValueError(f"{value!r} is no event; there are: {', '.join(HookEvent)}")
    return value


class Hooks(Table):
    """A site's `hooks`: how the owner's own systems are told about calls, and how the vendor tells us.

    Both secrets are kept out of `repr`, and so of logs.
    """

    url: Annotated[str, StringConstraints(max_length=2000), AfterValidator(_url)] | None = None
    """The address that messages are sent to."""
    secret: Annotated[str, AfterValidator(_signing_secret)] | None = Field(default=None, repr=False)
    """The key that signs messages: `whsec_` and the base64 of 24 to 64 bytes."""
    events: list[Annotated[str, AfterValidator(_event)]] = Field(default_factory=list)
    """The events that are sent; if empty, all of them."""
    allow_private: bool = False
    """Whether the address may be on this machine or in a private network."""
    post_call_secret: Annotated[str, AfterValidator(_post_call_secret)] | None = Field(
        default=None, repr=False
    )
    """The secret that DialogTech's Post-Call Action must send: 24 to 200 letters, digits, - and _."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.url is None) != (self.secret is None):
            raise ValueError("url and secret belong together: write both or neither")
        parts = parts_of(self.url or "")
        if parts is None:
            return self
        host = parts.hostname or ""
        if parts.scheme == "http" and not (self.allow_private and is_this_machine(host)):
            raise ValueError(
                "url must be https; plain http only to this machine, with allow_private = true"
            )
        if _is_literal(host) and not may_be_reached(ip_address(host), self.allow_private):
            raise ValueError("url is a private address; allow_private = true lets it be one")
        return self

    def wants(self, event: HookEvent) -> bool:
        return self.url is not None and (not self.events or event in self.events)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


class MessageState(StrEnum):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    """Given up; `callme hooks replay` sends it again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the outbox. `id` stays the same however often it is sent.

    `status` and `reason` are those of the call at the time of the event, `attempt` is how often the
    message was sent, and `outcome` is a code for how the last attempt ended.
    """

    id: str
    call_id: str
    site: str
    event: HookEvent
    at: datetime
    status: CallStatus
    reason: str
    talk_seconds: int | None
    state: MessageState
    attempt: int
    due_at: datetime
    outcome: str


def new_message_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


def payload_of(message: Message, call: Call) -> dict[str, object]:
    """The body of a message: everything the owner needs, but the number masked.

    Built when it is sent, so what was deleted from the call meanwhile is not in it.
    """

    def clean(text: str) -> str:
        return hide_number(text, call.phone)

    data: dict[str, object] = {
        "id": call.id,
        "site": call.site,
        "receptionist": call.receptionist,
        "status": message.status,
        "reason": clean(message.reason),
        "phone": mask_phone(call.phone) if call.phone else None,
        "created_at": call.created_at.isoformat(),
        "due_at": call.plan.at.isoformat() if call.plan else None,
        "retry_of": call.retry_of,
        **{name: clean(text) for name, text in call.visit.texts.items()},
        "utm": {name: clean(text) for name, text in call.visit.utm.items()},
    }
    if message.talk_seconds is not None:
        data["talk_seconds"] = message.talk_seconds
    return {"type": message.event, "timestamp": message.at.isoformat(), "data": data}
