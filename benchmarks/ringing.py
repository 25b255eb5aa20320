"""How soon a call is ordered from the vendor while hundreds of others ring."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from benchmarks.dial import dialled, p99
from benchmarks.inflight import MOST_IN_FLIGHT, hold
from benchmarks.rounds import in_turn
from benchmarks.servers import Installation, Server, sandbox
from benchmarks.table import Figure

IN_FLIGHT = 500
RING_SECONDS = 45.0
"""Longer than all rounds take, so the measured calls stay in flight as well."""

ROUNDS = 3
ROUND_SECONDS = 5.0
_VISITORS_A_ROUND = 1_000


@dataclass
class Side:
    """One running installation, and how long its calls waited, in ms from before their commits."""

    installation: Installation
    server: Server
    vendor: Server
    waited: list[float] = field(default_factory=list)

    def measure(self, turn: int) -> None:
        first = (turn + 1) * _VISITORS_A_ROUND
        times = dialled(self.installation, self.server, self.vendor, ROUND_SECONDS, first)
        self.waited += [(call.arrived - call.made) * 1000 for call in times]


def measure(folder: Path) -> list[Figure]:
    """Measure two installations in turn; one of them has the calls in flight."""
    with _side(folder / "empty", 1.0) as empty, _side(folder / "crowded", RING_SECONDS) as crowded:
        hold(empty.server, empty.vendor, 1)
        hold(crowded.server, crowded.vendor, IN_FLIGHT)
        for turn, sides in enumerate(in_turn(ROUNDS, (crowded, empty))):
            for side in sides:
                side.measure(turn)
    return [
        Figure(
            "commit to arrival, p99, 500 in flight ÷ none",
            p99(crowded.waited) / p99(empty.waited),
            at_most=3,
            digits=2,
        ),
        Figure("  500 calls in flight, p99", p99(crowded.waited), "ms", digits=1),
        Figure("  none in flight, p99", p99(empty.waited), "ms", digits=1),
        Figure("  500 calls in flight, median", median(crowded.waited), "ms", digits=1),
        Figure("  none in flight, median", median(empty.waited), "ms", digits=1),
    ]


@contextmanager
def _side(folder: Path, ring_seconds: float) -> Iterator[Side]:
    folder.mkdir(parents=True)
    with sandbox(folder, ring_seconds) as vendor:
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php", MOST_IN_FLIGHT)
        installation.prepare()
        with installation.running("serve") as server:
            yield Side(installation, server, vendor)
