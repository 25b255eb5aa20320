"""How soon `callme serve` is ready, and how much memory it takes then."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.rounds import ratio
from benchmarks.servers import Installation, webapp
from benchmarks.table import Figure

STARTS = 7
IMPORTS = "import flask, sqlalchemy, pydantic, requests"
_PROC = Path("/proc")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Memory:
    """In bytes. Memory that processes share counts for each of them in `rss`, and once in `pss`."""

    rss: float
    pss: float


def measure(folder: Path) -> list[Figure]:
    """Each start is a new process on an existing database. Ratios are to a process that only imports the
    packages that any such program needs."""
    installation = Installation(folder)
    installation.prepare()
    imports: list[float] = []
    lists: list[float] = []
    serves: list[float] = []
    memory: list[Memory] = []
    for _ in range(STARTS):
        imports.append(_seconds([sys.executable, "-c", IMPORTS], installation))
        lists.append(_seconds(webapp("sites", "list"), installation))
        with installation.running("serve") as server:
            serves.append(server.seconds)
            if taken := memory_of(server.pid):
                memory.append(taken)
    rss = median(one.rss for one in memory) / 1e6 if memory else None
    pss = median(one.pss for one in memory) / 1e6 if memory else None
    return [
        Figure(
            "callme serve until /readyz ÷ imports", ratio(serves, imports), at_most=2.5, digits=2
        ),
        Figure("callme sites list ÷ imports", ratio(lists, imports), at_most=1.3, digits=2),
        Figure("  callme serve, start to ready", median(serves), "s", digits=2),
        Figure("  callme sites list", median(lists), "s", digits=2),
        Figure("  the imports alone", median(imports), "s", digits=2),
        # What the two processes share is in memory once, so it is counted once.
        Figure("callme serve, idle, memory of all processes", pss, "MB", at_most=90, digits=1),
        Figure("  the same, shared pages for each process", rss, "MB", digits=1),
    ]


def _seconds(command: Sequence[str], installation: Installation) -> float:
    """How long the command takes."""
    began = time.monotonic()
    subprocess.run(
        command,
        cwd=installation.folder,
        env=installation.environment(0),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.monotonic() - began


def memory_of(pid: int) -> Memory | None:
    """The memory of a process and its descendants; None if the system does not tell."""
    if not (_PROC / "self" / "smaps_rollup").exists():
        return None
    texts = [(_PROC / str(one) / "smaps_rollup").read_text() for one in _with_children(pid)]
    return Memory(*(sum(_bytes(text, name) for text in texts) for name in ("Rss", "Pss")))


def _with_children(pid: int) -> list[int]:
    family = [pid]
    for parent in family:
        for tasks in (_PROC / str(parent) / "task").iterdir():
            family += map(int, (tasks / "children").read_text().split())
    return family


def _bytes(rollup: str, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
