"""How fast each route is, against a bare Flask route that says "hello", and whether memory grows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.bare import HELLO
from benchmarks.load import Job, Result, submit
from benchmarks.plain import bare_server
from benchmarks.rounds import ratio
from benchmarks.servers import CALLS, ORIGIN, Installation, Server, token
from benchmarks.start import memory_of
from benchmarks.table import BenchmarkError, Figure
from webapp.sandbox.landing import SITE_KEY

ROUNDS = 5
SECONDS = 2.0
CONNECTIONS = 16
POLLED = 1_000
"""So many calls that each is polled about once a second, as its visitor's page would."""

FEW, MANY = 1_000, 100_000
_VISITORS_A_JOB = 50_000
LAUNCHER = f"/w/{SITE_KEY}.js"
TOKEN = f"/api/sites/{SITE_KEY}/token"
PACKAGES = "one INSERT, the packages"
"""A submit guarded only by Flask-WTF and Flask-Limiter, without our own guards."""

MUST_REACH = {
    "launcher, 200": 0.9,
    "launcher, 304": 0.9,
    "token": 0.6,
    "submit, SQLite": 0.35,
    "status": 0.6,
}


@dataclass
class Asked:
    """The servers and what they are asked for. No two jobs share a visitor."""

    plain: Server
    packages: Server
    web: Server
    etag: str
    signed: str
    calls: list[str] = field(default_factory=list)
    jobs: Iterator[int] = field(default_factory=count)

    def of(self, name: str, seconds: float = SECONDS, most: int = 0) -> Result:
        server, path = {
            "hello": (self.plain, HELLO),
            PACKAGES: (self.packages, CALLS),
            "token": (self.web, TOKEN),
            "submit, SQLite": (self.web, CALLS),
        }.get(name, (self.web, LAUNCHER))
        return submit(
            Job(
                port=server.port,
                path=path,
                origin=ORIGIN,
                token=self.signed,
                seconds=seconds,
                connections=CONNECTIONS,
                first=next(self.jobs) * _VISITORS_A_JOB,
                most=most,
                read=name in ("hello", "token", "launcher, 200", "launcher, 304"),
                etag=self.etag if name == "launcher, 304" else "",
                polled=self.calls if name == "status" else [],
            )
        )


def measure(folder: Path) -> list[Figure]:
    """Measure all in turn, round by round, each next to the bare route."""
    installation = Installation(folder / "web")
    installation.prepare()
    with (
        bare_server(folder) as plain,
        bare_server(folder, packages=True) as packages,
        installation.running("web") as web,
    ):
        asked = Asked(plain, packages, web, _etag(web), token(web))
        asked.calls = list(asked.of("submit, SQLite", 30, POLLED).accepted)
        found: dict[str, list[Result]] = {name: [] for name in ("hello", PACKAGES, *MUST_REACH)}
        for turn in range(ROUNDS + 1):
            for name, results in found.items():
                one = asked.of(name)
                if turn:  # the first is to warm up
                    results.append(one)
        return [*_speeds(found), *_memory(asked)]


def _etag(web: Server) -> str:
    """The ETag that a browser has for the launcher, which was sent with gzip."""
    return web.get(LAUNCHER, accept_encoding="gzip").headers["ETag"]


def _speeds(found: dict[str, list[Result]]) -> Iterator[Figure]:
    hello = [one.rate for one in found.pop("hello")]
    yield Figure("bare Flask route that says hello", median(hello), "/s")
    for name, results in found.items():
        rates = [one.rate for one in results]
        yield Figure(
            f"{name} ÷ hello", ratio(rates, hello), at_least=MUST_REACH.get(name), digits=2
        )
        yield Figure(f"  {name}", median(rates), "/s")
        yield Figure("    p50", median(one.p50 for one in results) * 1000, "ms", digits=1)
        yield Figure("    p99", median(one.p99 for one in results) * 1000, "ms", digits=1)


def _memory(asked: Asked) -> Iterator[Figure]:
    """Memory after few and after many requests for the launcher and a status in turn."""
    grown: list[float] = []
    for most in (FEW, MANY - FEW):
        for name in ("launcher, 200", "status"):
            asked.of(name, 600, most // 2)
        taken = memory_of(asked.web.pid)
        if taken is None:
            raise BenchmarkError("the system does not tell of memory")
        grown.append(taken.pss)
    few, many = grown
    yield Figure("memory after 100,000 requests ÷ 1,000", many / few, at_most=1.05, digits=3)
