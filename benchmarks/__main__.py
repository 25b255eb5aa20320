"""`python -m benchmarks`: every figure, one after the other, then the table.

Exit 1 when a figure falls short, 2 when a measurement failed and there is no table.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import accept, dial, size, start, visitor
from benchmarks.servers import ROOT
from benchmarks.table import BenchmarkError, machine, table

BUILD = ROOT / "build"
"""On the disk of the checkout: where /tmp is memory, a commit would cost nothing there."""


def main() -> int:
    where = machine()
    BUILD.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="benchmarks-", dir=BUILD) as name:
        folder = Path(name)
        try:
            figures = [
                *accept.measure(folder / "accept"),
                *dial.measure(folder / "dial"),
                *size.measure(folder / "size"),
                *visitor.measure(folder / "visitor"),
                *start.measure(folder / "start"),
            ]
        except BenchmarkError as error:
            print(f"benchmarks: {error}", file=sys.stderr)
            return 2
    print(table(figures))
    print(where)
    return 1 if any(figure.short for figure in figures) else 0


sys.exit(main())
