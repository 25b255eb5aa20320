"""Accepted submits per second, against a bare Flask route with one committed INSERT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from statistics import median

from benchmarks.load import Job, submit
from benchmarks.plain import bare_server
from benchmarks.rounds import in_turn, ratio
from benchmarks.servers import (
    CALLS,
    ORIGIN,
    Installation,
    Server,
    sandbox,
    token,
)
from benchmarks.table import Figure

ROUNDS = 5
SECONDS = 3.0
WARM_UP_SECONDS = 1.0
CONNECTIONS = 16
_VISITORS_A_JOB = 50_000


@dataclass
class Rates:
    """Submits per second, round by round. No two jobs share a visitor."""

    bare: list[float] = field(default_factory=list)
    web: list[float] = field(default_factory=list)
    serve: list[float] = field(default_factory=list)
    jobs: Iterator[int] = field(default_factory=count)

    def of(self, server: Server, signed: str, seconds: float = SECONDS) -> float:
        return submit(
            Job(
                port=server.port,
                path=CALLS,
                origin=ORIGIN,
                token=signed,
                seconds=seconds,
                connections=CONNECTIONS,
                first=next(self.jobs) * _VISITORS_A_JOB,
            )
        ).rate


def measure(folder: Path) -> list[Figure]:
    """Measure the sides in turn, round by round, as other programs use the machine too."""
    rates = Rates()
    alone = Installation(folder / "web")
    alone.prepare()
    with bare_server(folder) as plain, alone.running("web") as web:
        signed = token(web)
        for server in (plain, web):
            rates.of(server, signed, WARM_UP_SECONDS)
        pair = [(rates.bare, plain), (rates.web, web)]
        for turn, sides in enumerate(in_turn(ROUNDS, pair)):
            for side, server in sides:
                side.append(rates.of(server, signed))
            rates.serve.append(_while_dialling(folder / f"serve-{turn}", rates))
    return [
        Figure(
            "accepted submits/s ÷ bare Flask route's",
            ratio(rates.web, rates.bare),
            at_least=0.5,
            digits=2,
        ),
        Figure("  bare Flask route, one INSERT", median(rates.bare), "/s"),
        Figure("  callme web", median(rates.web), "/s"),
        Figure("  callme serve, dialling meanwhile", median(rates.serve), "/s"),
        Figure("  the same ÷ bare", ratio(rates.serve, rates.bare), digits=2),
    ]


def _while_dialling(folder: Path, rates: Rates) -> float:
    """With a new server each time, as calls left in the queue would be dialled in the next round."""
    folder.mkdir()
    with sandbox(folder, delay=1) as vendor:
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php")
        installation.prepare()
        with installation.running("serve") as server:
            signed = token(server)
            rates.of(server, signed, WARM_UP_SECONDS)
            return rates.of(server, signed)
