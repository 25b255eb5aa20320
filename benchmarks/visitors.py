"""A crowd of visitors, in a process of its own: each opens the form, types, presses, and follows the
call to its end, asking as often as it is told to. One keep-alive connection each, as browsers have.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

from benchmarks.servers import CALLS, HOST, ORIGIN, ROOT
from benchmarks.table import BenchmarkError
from benchmarks.wire import address_of, phone_number
from webapp.sandbox.landing import SITE_KEY

TYPING_SECONDS = 1.2
"""From the token to the press. The server takes no form that was sent within a second."""

END_SECONDS = 180.0
TOKEN = f"/api/sites/{SITE_KEY}/token"


@dataclass(frozen=True, slots=True)
class Crowd:
    """`visitors` press within `seconds`, evenly spread."""

    port: int
    visitors: int
    seconds: float


@dataclass
class Seen:
    """What the visitors saw. `submits` and `polls` are seconds from a request to its answer; `accepted`
    maps a number to when its 202 came (Unix seconds); `busy` is the client's share of one core."""

    submits: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    accepted: dict[str, float] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    busy: float = 0.0


def gather(crowd: Crowd) -> Seen:
    """Run the crowd in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.visitors"],
        cwd=ROOT,
        input=json.dumps(asdict(crowd)),
        capture_output=True,
        text=True,
        timeout=crowd.seconds + 2 * END_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"the crowd: {done.stderr.strip().splitlines()[-1]}")
    return Seen(**json.loads(done.stdout))


class Visitor:
    """One visitor, with an address and a phone number that nobody else has."""

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._address = address_of(number)
        self._phone = phone_number(number)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, seen: Seen, ends: Counter[str]) -> None:
        _, form = await self._timed("POST", TOKEN, 200)
        await asyncio.sleep(TYPING_SECONDS)
        fields = {
            "phone": self._phone,
            "receptionist": "quotes",
            "consent": "yes",
            "token": form["token"],
            "request_id": str(uuid.uuid4()),
            "page_url": f"{ORIGIN}/solar",
        }
        taken, call = await self._timed("POST", CALLS, 202, urlencode(fields))
        seen.submits.append(taken)
        seen.accepted[self._phone] = time.time()
        final, pause = False, call["poll_after_ms"]
        while not final:
            await asyncio.sleep(pause / 1000)
            taken, news = await self._timed("POST", f"/api/calls/{call['id']}", 200)
            seen.polls.append(taken)
            final, pause = news["final"], news["poll_after_ms"]
        ends[news["status"]] += 1
        if self._streams:
            self._streams[1].close()

    async def _timed(
        self, method: str, path: str, wanted: int, body: str = ""
    ) -> tuple[float, dict[str, Any]]:
        began = time.monotonic()
        status, answer = await self._ask(method, path, body)
        if status != wanted:
            raise BenchmarkError(f"{method} {path}: {status} {answer.decode()}")
        return time.monotonic() - began, json.loads(answer)

    async def _ask(self, method: str, path: str, body: str) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection(HOST, self._port)
        reader, writer = self._streams
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}:{self._port}\r\nOrigin: {ORIGIN}\r\n"
            f"X-Forwarded-For: {self._address}\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        (length,) = (line.split(":")[1] for line in head if line.startswith("content-length:"))
        return int(head[0].split()[1]), await reader.readexactly(int(length))


async def _gather(crowd: Crowd) -> Seen:
    seen, ends = Seen(), Counter[str]()
    working, began = time.process_time(), time.monotonic()

    async def visit(number: int) -> None:
        await asyncio.sleep(number * crowd.seconds / crowd.visitors)
        try:
            async with asyncio.timeout(END_SECONDS):
                await Visitor(crowd.port, number).call(seen, ends)
        except (OSError, EOFError, TimeoutError, BenchmarkError) as fault:
            seen.faults.append(f"{type(fault).__name__}: {fault}")

    await asyncio.gather(*(visit(number) for number in range(crowd.visitors)))
    seen.ends = dict(ends)
    seen.busy = (time.process_time() - working) / (time.monotonic() - began)
    return seen


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(_gather(Crowd(**json.load(sys.stdin)))))))
