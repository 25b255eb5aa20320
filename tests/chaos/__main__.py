"""`python -m tests.chaos`: the long form, a line for each part; exit 1 when anything is wrong."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.chaos.runs import disturb_many_processes, kill_one_process


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=500, help="of one process on SQLite")
    parser.add_argument(
        "--faults", type=int, default=100, help="among many on PostgreSQL and Redis"
    )
    parser.add_argument("--seed", type=int, default=int(time.time()))
    chosen = parser.parse_args()
    wrong = 0
    for name, run, times in (
        ("kills of one process on SQLite", kill_one_process, chosen.kills),
        ("faults among many processes on PostgreSQL", disturb_many_processes, chosen.faults),
    ):
        if not times:
            continue
        with TemporaryDirectory(prefix="callme-chaos-") as folder:
            started = time.monotonic()
            report = run(Path(folder), times, chosen.seed)
            seconds = time.monotonic() - started
        print(f"{times} {name}, seed {chosen.seed}, {seconds:.0f} s: {report}", flush=True)
        for line in report.wrong:
            print(f"  {line}")
        wrong += len(report.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
