"""`python -m benchmarks`: every figure, one after the other, then the table.

`python -m benchmarks inflight claims` measures only the named parts. Exits with 1 if a figure misses
its limit, and with 2 if a measurement failed and there is no table.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import (
    attack,
    claims,
    crowd,
    dial,
    inflight,
    many,
    memory,
    page,
    planned,
    press,
    ringing,
    scale,
    size,
    start,
    visitor,
)
from benchmarks.servers import BUILD
from benchmarks.table import BenchmarkError, Figure, machine, table

PARTS: Mapping[str, Callable[[Path], list[Figure]]] = {
    "press": press.measure,
    "crowd": crowd.measure,
    "dial": dial.measure,
    "planned": planned.measure,
    "size": size.measure,
    "visitor": visitor.measure,
    "page": page.measure,
    "start": start.measure,
    "inflight": inflight.measure,
    "ringing": ringing.measure,
    "memory": memory.measure,
    "claims": claims.measure,
    "scale": scale.measure,
    "many": many.measure,
    "attack": attack.measure,
}
"""Each part measures in a folder of its own, which does not exist yet."""


def main(wanted: Sequence[str]) -> int:
    if unknown := set(wanted) - set(PARTS):
        print(f"benchmarks: no {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    where = machine()
    BUILD.mkdir(exist_ok=True)
    figures: list[Figure] = []
    with TemporaryDirectory(prefix="benchmarks-", dir=BUILD) as name:
        for part in wanted or PARTS:
            try:
                figures += PARTS[part](Path(name) / part)
            except BenchmarkError as error:
                print(f"benchmarks: {part}: {error}", file=sys.stderr)
                return 2
    print(table(figures))
    print(where)
    return 1 if any(figure.short for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
