"""A planned call as an entry for a calendar (RFC 5545)."""

from __future__ import annotations

from datetime import UTC, datetime

from webapp.domain.calls import Progress
from webapp.domain.site.model import Site
from webapp.web.call.progress import sentence
from webapp.web.language import words

_LONGEST_LINE = 73
"""Octets, as the fold itself takes two more."""


def calendar_entry(call: Progress, site: Site, address: str, now: datetime) -> str:
    """The entry of a call that is planned; `address` is that of its page."""
    begins = call.plan.at if call.plan else call.created_at
    facts = {
        "UID": f"{call.id}@callme",
        "DTSTAMP": _stamp(now),
        "DTSTART": _stamp(begins),
        "DTEND": _stamp(max(call.expires_at, begins)),
        "SUMMARY": _escaped(words().text("page.title", name=site.name)),
        "DESCRIPTION": _escaped(f"{sentence(call, site)}\n{address}"),
        "URL": address,
    }
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Callme//Callme//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        *(f"{name}:{value}" for name, value in facts.items()),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _escaped(text: str) -> str:
    for character in "\\;,":
        text = text.replace(character, f"\\{character}")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")


def _folded(line: str) -> str:
    """Lines are counted in octets, and no character may be cut."""
    parts, part = [], b""
    for character in line:
        octets = character.encode()
        if len(part) + len(octets) > _LONGEST_LINE:
            parts.append(part)
            part = b""
        part += octets
    return b"\r\n ".join([*parts, part]).decode()
