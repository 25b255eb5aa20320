"""The benchmarks' client: submits or follows calls on keep-alive connections, in a process of its own.

It uses plain sockets and one thread, and so needs only a small part of the server's time for the same
request. It reports how busy it was, so that a run in which it held up the server can be discarded.
"""

from __future__ import annotations

import json
import math
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import median

from benchmarks.servers import HOST, ROOT
from benchmarks.table import BenchmarkError
from benchmarks.wire import attacks, polls, reads, submits

BUSIEST = 0.85
"""The share of one core. Above it, the client itself may be what is measured."""

_TIMEOUT_SECONDS = 30.0
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Job:
    """What to request. With `per_second` 0, each connection sends as soon as it has its answer.

    Calls are submitted to `path`; with ids of calls in `polled`, their status is requested in turn.
    The job ends after `seconds` or after `most` requests (if that is not 0), whichever comes first.
    Visitors are numbered from `first`: jobs whose ranges do not overlap share no address and no phone.
    """

    port: int
    path: str
    origin: str
    token: str
    seconds: float
    connections: int
    first: int
    per_second: float = 0.0
    most: int = 0
    polled: list[str] = field(default_factory=list)
    attack: bool = False
    """Forms of an attacker, half of them without a token: any answer is right."""
    read: bool = False
    """`path` is requested with GET, and `etag` is that of the visitors' own copy, if they have one."""
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """`p50` and `p99` are seconds from a request to its answer.

    `accepted` maps a call's id to when its answer arrived (Unix seconds). Only jobs with a pace or a
    number of calls keep it, as keeping it takes time.
    """

    count: int
    seconds: float
    busy: float
    p50: float
    p99: float
    accepted: dict[str, float] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        return self.count / self.seconds


def submit(job: Job) -> Result:
    """Run `job` in a process of its own. Raises BenchmarkError unless every answer is right."""
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
    if result.busy > BUSIEST and not job.attack:
        raise BenchmarkError(
            f"the load client held the server up: it was busy for {result.busy:.0%}"
        )
    return result


class _Connection:
    """One keep-alive connection with at most one request on its way."""

    def __init__(self, port: int, wanted: str) -> None:
        self.socket = socket.create_connection((HOST, port), _TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.status = ""
        self._wanted = wanted
        self._received = b""

    def send(self, request: bytes) -> None:
        self.sent_at = time.monotonic()
        self.socket.sendall(request)

    def answer(self) -> bytes | None:
        """The body of the answer once it is complete, else None. An unexpected status ends the run."""
        chunk = self.socket.recv(65536)
        if not chunk:
            raise SystemExit("the server closed a kept-alive connection")
        self._received += chunk
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head) if end else None
        # A 304 has no body and no length.
        if not end or (head[9:12] != b"304" and (not length or len(body) < int(length[1]))):
            return None
        self._received = b""
        self.status = head[9:12].decode()
        if self._wanted and self.status != self._wanted:
            raise SystemExit(f"not as it should: {self.status} {body.decode()}")
        return body


class _Client:
    """A running job: its connections, and the outcome of its requests."""

    def __init__(self, job: Job) -> None:
        self._job = job
        wanted = _wanted(job)
        self._idle = deque(_Connection(job.port, wanted) for _ in range(job.connections))
        self._selector = selectors.DefaultSelector()
        for connection in self._idle:
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._requests = _requests(job)
        self._keeps = bool(job.per_second or job.most) and not (job.attack or job.read)
        self._statuses: Counter[str] = Counter()
        self._accepted: dict[str, float] = {}
        self._latencies: list[float] = []
        self._sent = 0
        self._started = 0.0

    def run(self) -> Result:
        working = time.process_time()
        self._started = finished = time.monotonic()
        while self._due() < math.inf or len(self._latencies) < self._sent:
            while self._idle and self._due() <= time.monotonic():
                self._idle.popleft().send(next(self._requests))
                self._sent += 1
            if self._receive():
                finished = time.monotonic()
        seconds = finished - self._started
        busy = (time.process_time() - working) / seconds
        count = len(self._latencies)
        self._latencies.sort()
        p50, p99 = median(self._latencies), self._latencies[count * 99 // 100]
        return Result(count, seconds, busy, p50, p99, self._accepted, dict(self._statuses))

    def _due(self) -> float:
        """When the next request is to be sent; infinity if there are no more."""
        job = self._job
        enough = bool(job.most) and self._sent >= job.most
        if enough or time.monotonic() >= self._started + job.seconds:
            return math.inf
        return self._started + (self._sent / job.per_second if job.per_second else 0.0)

    def _receive(self) -> bool:
        """Wait for answers, at most until the next request is due; False if none is complete."""
        pause = min(max(self._due() - time.monotonic(), 0.0), 0.1)
        ready = self._selector.select(pause if self._idle else _TIMEOUT_SECONDS)
        if not ready and not self._idle:
            raise SystemExit(f"no answer within {_TIMEOUT_SECONDS:.0f} s")
        before = len(self._latencies)
        for key, _ in ready:
            answering: _Connection = key.data
            body = answering.answer()
            if body is None:
                continue
            self._idle.append(answering)
            self._latencies.append(time.monotonic() - answering.sent_at)
            self._statuses[answering.status] += 1
            if self._keeps:
                self._accepted[json.loads(body)["id"]] = time.time()
        return len(self._latencies) > before


def _wanted(job: Job) -> str:
    """The status that every answer must have; empty if any is right."""
    if job.attack:
        return ""
    if job.read:
        return "304" if job.etag else "200"
    return "200" if job.polled else "202"


def _requests(job: Job) -> Iterator[bytes]:
    if job.read:
        return reads(job.port, job.path, job.origin, job.etag, job.first)
    if job.polled:
        return polls(job.port, job.origin, job.polled)
    if job.attack:
        return attacks(job.port, job.path, job.origin, job.token)
    return submits(job.port, job.path, job.origin, job.token, job.first)


if __name__ == "__main__":
    print(json.dumps(asdict(_Client(Job(**json.load(sys.stdin))).run())))
