"""The stand-in's responses, by the last four digits of the number to ring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

CONNECTED = "Call Connected"
_REFUSED = (
    '<?xml version="1.0"?><response><result>failed</result>'
    "<result_description>Virtual Receptionist is not available</result_description></response>"
)
_ERROR_PAGE = "<!doctype html><title>Error</title><h1>We are doing maintenance</h1>"


class Way(Enum):
    """How a response misbehaves at the HTTP level."""

    PLAIN = auto()
    BUSY_TWICE = auto()
    DROPPED = auto()
    SILENT = auto()
    ENDLESS = auto()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the table. `rings` is in seconds, None for the sandbox's default delay; `says` tells
    visitors of the demo what to expect."""

    says: str
    body: bytes = b""
    status: int = 200
    rings: float | None = None
    way: Way = Way.PLAIN
    headers: Mapping[str, str] | None = None
    shown: str = ""

    @property
    def name(self) -> str:
        return self.shown or self.body.decode("ascii", "replace")


DEFAULT = Outcome("Answered after a second", CONNECTED.encode())

OUTCOMES: Mapping[str, Outcome] = {
    "0100": DEFAULT,
    "0101": Outcome("Busy, or nobody answers", b"Phone Busy"),
    "0102": Outcome("Rings for 30 seconds, then answered", b"Call Connected.", rings=30),
    "0103": Outcome("Refused by the vendor", _REFUSED.encode(), rings=0, shown="XML: failed"),
    "0104": Outcome("The vendor fails", b"Server error", 500, rings=0, shown="HTTP 500"),
    "0105": Outcome(
        "Overloaded twice, then answered",
        CONNECTED.encode(),
        rings=0,
        way=Way.BUSY_TWICE,
    ),
    "0106": Outcome("The line is cut", way=Way.DROPPED, rings=0, shown="connection closed"),
    "0107": Outcome("Never an answer", way=Way.SILENT, shown="no answer"),
    "0108": Outcome(
        "Sent elsewhere",
        b"",
        302,
        rings=0,
        headers={"Location": "http://elsewhere.invalid/ibp_api.php"},
        shown="HTTP 302",
    ),
    "0109": Outcome("An answer without end", way=Way.ENDLESS, rings=0, shown="50 MB of text"),
    "0110": Outcome("Noise", bytes([0xC3, 0x28, 0xFF, 0xFE, 0x80]), rings=0, shown="no UTF-8"),
    "0111": Outcome("An error page", _ERROR_PAGE.encode(), rings=0, shown="HTML error page"),
}

OVERLOADED = Outcome(
    "",
    b"Service unavailable",
    503,
    rings=0,
    headers={"Retry-After": "1"},
    shown="HTTP 503",
)
BAD_KEYS = Outcome(
    "",
    _REFUSED.replace("Virtual Receptionist is not available", "Invalid access key").encode(),
    rings=0,
    shown="XML: failed, bad keys",
)
BAD_REQUEST = Outcome(
    "",
    _REFUSED.replace("Virtual Receptionist is not available", "Invalid parameters").encode(),
    rings=0,
    shown="XML: failed, bad parameters",
)
