"""The requests of the benchmarks' client, as bytes. Each comes from a visitor with its own address."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator, Sequence
from itertools import count, cycle
from urllib.parse import urlencode

from itsdangerous import URLSafeSerializer

from benchmarks.servers import HOST, SECRET_KEY

ATTACKERS, ATTACKED_NUMBERS = 2_000, 500

_MAGIC = range(100, 112)
"""The last four digits that make the stand-in DialogTech respond in a special way."""


def phone_number(visitor: int) -> str:
    """The visitor's own valid number, to which the stand-in responds in the usual way."""
    per_block = 10_000 - len(_MAGIC)
    block, at = divmod(visitor, per_block)
    last = at if at < _MAGIC.start else at + len(_MAGIC)
    return f"+1202{200 + block}{last:04d}"


def submits(port: int, path: str, origin: str, token: str, first: int) -> Iterator[bytes]:
    """A form from each visitor, numbered from `first`, without end; each with a token like `token`."""
    for visitor, fresh in enumerate(tokens_like(token), start=first):
        form = _form(phone_number(visitor), origin, fresh)
        yield _post(port, path, origin, address_of(visitor), form)


def attacks(port: int, path: str, origin: str, token: str) -> Iterator[bytes]:
    """The forms of one script with many addresses, which asks for calls to few numbers, without end.

    Every second form has a token like a real one; the others have none. All numbers are valid, and
    each is spelt in one of three ways.
    """
    for turn, fresh in enumerate(tokens_like(token)):
        number = phone_number(turn % ATTACKED_NUMBERS)
        spelling = (number, number[2:], f"({number[2:5]}) {number[5:8]}-{number[8:]}")[turn % 3]
        attacker = turn % ATTACKERS
        address = f"2001:db8:{attacker:x}::1" if attacker % 2 else address_of(attacker)
        form = _form(spelling, origin, fresh if turn // 2 % 2 else "")
        yield _post(port, path, origin, address, form)


def _form(phone: str, origin: str, token: str) -> str:
    return urlencode(
        {
            "phone": phone,
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


def _post(port: int, path: str, origin: str, address: str, body: str) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
        f"Origin: {origin}\r\nX-Forwarded-For: {address}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def tokens_like(token: str) -> Iterator[str]:
    """Tokens like those of forms shown two seconds before `token` was issued, without end."""
    serializer = URLSafeSerializer(SECRET_KEY, salt="callme.form")
    site, _, issued_ms, *shown = serializer.loads(token)
    while True:
        fresh = [site, secrets.token_urlsafe(9), issued_ms - 2_000, *shown]
        yield str(serializer.dumps(fresh))


def polls(port: int, origin: str, call_ids: Sequence[str]) -> Iterator[bytes]:
    """Requests for the status of each call in turn, each from its own visitor, without end."""
    requests = [
        (
            f"GET /api/calls/{call_id} HTTP/1.1\r\nHost: {HOST}:{port}\r\n"
            f"Origin: {origin}\r\nX-Forwarded-For: {address_of(visitor)}\r\n\r\n"
        ).encode()
        for visitor, call_id in enumerate(call_ids)
    ]
    yield from cycle(requests)


def reads(port: int, path: str, origin: str, etag: str, first: int) -> Iterator[bytes]:
    """Requests for the same address from each visitor, numbered from `first`, without end."""
    known = f"If-None-Match: {etag}\r\n" if etag else ""
    for visitor in count(first):
        yield (
            f"GET {path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nAccept-Encoding: gzip\r\n{known}"
            f"Origin: {origin}\r\nX-Forwarded-For: {address_of(visitor)}\r\n\r\n"
        ).encode()


def address_of(visitor: int) -> str:
    """The visitor's own address."""
    return f"10.{visitor >> 16}.{visitor >> 8 & 255}.{visitor & 255}"
