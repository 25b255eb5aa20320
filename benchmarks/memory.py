"""Whether `callme web` grows with the requests that it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.load import Job, submit
from benchmarks.servers import CALLS, ORIGIN, Installation, Server, token
from benchmarks.start import memory_of
from benchmarks.table import BenchmarkError, Figure
from webapp.sandbox.landing import SITE_KEY

FEW, MANY = 1_000, 100_000
CONNECTIONS = 16
CALLS_STORED = 1_000
_SECONDS = 900.0


def measure(folder: Path) -> list[Figure]:
    """Memory after few and after many requests for the launcher and a status in turn."""
    installation = Installation(folder)
    installation.prepare()
    taken: list[float] = []
    with installation.running("web") as web:
        stored = Job(**_common(web), path=CALLS, token=token(web), most=CALLS_STORED)
        polled = list(submit(stored).accepted)
        for requests in (FEW, MANY - FEW):
            half = {**_common(web), "token": "", "most": requests // 2}
            submit(Job(**half, path=f"/w/{SITE_KEY}.js", read=True))
            submit(Job(**half, path="", polled=polled))
            memory = memory_of(web.pid)
            if memory is None:
                raise BenchmarkError("the system does not tell of memory")
            taken.append(memory.pss)
    few, many = taken
    return [Figure("memory after 100,000 requests ÷ 1,000", many / few, at_most=1.05, digits=3)]


def _common(web: Server) -> dict[str, Any]:
    return {
        "port": web.port,
        "origin": ORIGIN,
        "seconds": _SECONDS,
        "connections": CONNECTIONS,
        "first": 0,
    }
