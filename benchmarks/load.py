"""The client of the benchmarks: submits calls on kept-alive connections, in a process of its own.

Plain sockets and one thread: it takes a small part of what the server takes for the same request,
and tells how busy it was, so that a run in which it held the server up can be thrown away.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
import time
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from urllib.parse import urlencode

from benchmarks.servers import HOST, ROOT
from benchmarks.table import BenchmarkError

BUSIEST = 0.85
"""Of one core; above it the client may be what is measured."""

_TIMEOUT_SECONDS = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_MAGIC = range(100, 112)
"""Last four digits to which the stand-in DialogTech answers in some special way."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to submit where. With `per_second` 0 each connection sends as soon as it has its answer.

    `first` numbers the visitors: no two jobs with ranges of their own share an address or a phone.
    """

    port: int
    path: str
    origin: str
    token: str
    seconds: float
    connections: int
    first: int
    per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Result:
    """`accepted` maps a call's id to when its answer was here (Unix seconds)."""

    count: int
    seconds: float
    busy: float
    accepted: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def submit(job: Job) -> Result:
    """Run `job` in a process of its own. Raises BenchmarkError unless every answer is 202."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.load"],
        cwd=ROOT,
        input=json.dumps(asdict(job)),
        capture_output=True,
        text=True,
        timeout=job.seconds + 2 * _TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"the load client: {done.stderr.strip().splitlines()[-1]}")
    result = Result(**json.loads(done.stdout))
    if result.busy > BUSIEST:
        raise BenchmarkError(
            f"the load client held the server up: it was busy for {result.busy:.0%}"
        )
    return result


def phone_number(visitor: int) -> str:
    """A valid number of the visitor's own, to which the stand-in answers in the usual way."""
    per_block = 10_000 - len(_MAGIC)
    block, at = divmod(visitor, per_block)
    last = at if at < _MAGIC.start else at + len(_MAGIC)
    return f"+1202{200 + block}{last:04d}"


def _requests(job: Job) -> Iterator[bytes]:
    visitor = job.first
    while True:
        body = urlencode(
            {
                "phone": phone_number(visitor),
                "receptionist": "quotes",
                "consent": "yes",
                "token": job.token,
                "request_id": str(uuid.uuid4()),
                "page_url": f"{job.origin}/solar?utm_source=search",
                "referrer": "https://search.example/",
                "locale": "en-US",
                "utm_source": "search",
            }
        )
        address = f"10.{visitor >> 16}.{visitor >> 8 & 255}.{visitor & 255}"
        yield (
            f"POST {job.path} HTTP/1.1\r\nHost: {HOST}:{job.port}\r\n"
            f"Origin: {job.origin}\r\nX-Forwarded-For: {address}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()
        visitor += 1


class _Connection:
    """One kept-alive connection with at most one request on its way."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), _TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""

    def answer(self) -> bytes | None:
        """The body of the answer, once all of it is here; anything but a 202 ends the run."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise SystemExit("the server closed a kept-alive connection")
        self._received += chunk
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        if length is None or len(body) < int(length[1]):
            return None
        self._received = b""
        if head[9:12] != b"202":
            raise SystemExit(f"not accepted: {head[9:12].decode()} {body.decode()}")
        return body


def _run(job: Job) -> Result:
    selector = selectors.DefaultSelector()
    idle = deque(_Connection(job.port) for _ in range(job.connections))
    for connection in idle:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
    requests = _requests(job)
    accepted: dict[str, float] = {}
    sent = answered = 0
    started, working = time.monotonic(), time.process_time()
    finished = started
    while (now := time.monotonic()) < started + job.seconds or answered < sent:
        due = started + sent / job.per_second if job.per_second else now
        while idle and due <= now < started + job.seconds:
            idle.popleft().socket.sendall(next(requests))
            sent += 1
            due = started + sent / job.per_second if job.per_second else now
        pause = min(max(due - now, 0.0), 0.1) if idle else _TIMEOUT_SECONDS
        ready = selector.select(pause)
        if not ready and not idle:
            raise SystemExit(f"no answer within {_TIMEOUT_SECONDS:.0f} s")
        for key, _ in ready:
            answering: _Connection = key.data
            body = answering.answer()
            if body is None:
                continue
            idle.append(answering)
            answered += 1
            finished = time.monotonic()
            if job.per_second:
                accepted[json.loads(body)["id"]] = time.time()
    seconds = finished - started
    return Result(answered, seconds, (time.process_time() - working) / seconds, accepted)


if __name__ == "__main__":
    print(json.dumps(asdict(_run(Job(**json.load(sys.stdin))))))
