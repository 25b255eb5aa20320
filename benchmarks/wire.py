"""The requests of the benchmarks' client, as bytes, each from a visitor with an address of its own."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from itertools import cycle
from urllib.parse import urlencode

from benchmarks.servers import HOST

_MAGIC = range(100, 112)
"""Last four digits to which the stand-in DialogTech answers in some special way."""


def phone_number(visitor: int) -> str:
    """A valid number of the visitor's own, to which the stand-in answers in the usual way."""
    per_block = 10_000 - len(_MAGIC)
    block, at = divmod(visitor, per_block)
    last = at if at < _MAGIC.start else at + len(_MAGIC)
    return f"+1202{200 + block}{last:04d}"


def submits(port: int, path: str, origin: str, token: str, first: int) -> Iterator[bytes]:
    """A call from each visitor, counted from `first`, without end."""
    visitor = first
    while True:
        body = urlencode(
            {
                "phone": phone_number(visitor),
                "receptionist": "quotes",
                "consent": "yes",
                "token": token,
                "request_id": str(uuid.uuid4()),
                "page_url": f"{origin}/solar?utm_source=search",
                "referrer": "https://search.example/",
                "locale": "en-US",
                "utm_source": "search",
            }
        )
        yield (
            f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
            f"Origin: {origin}\r\nX-Forwarded-For: {_address(visitor)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        visitor += 1


def polls(port: int, origin: str, call_ids: Sequence[str]) -> Iterator[bytes]:
    """The status of each call in turn, asked for by a visitor of its own, without end."""
    requests = [
        (
            f"GET /api/calls/{call_id} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
            f"Origin: {origin}\r\nX-Forwarded-For: {_address(visitor)}\r\n\r\n"
        ).encode()
        for visitor, call_id in enumerate(call_ids)
    ]
    yield from cycle(requests)


def _address(visitor: int) -> str:
    return f"10.{visitor >> 16}.{visitor >> 8 & 255}.{visitor & 255}"
