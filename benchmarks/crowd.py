"""What a crowd feels: how fast forms and polls are answered, and how soon phones are ordered.

`python -m benchmarks.crowd 600 900 1200` measures crowds of other sizes, which press within a minute.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

from benchmarks.servers import BUILD, Installation, received, sandbox
from benchmarks.table import BenchmarkError, Figure, table
from benchmarks.visitors import Crowd, Seen, gather
from webapp.providers.dialogtech import vendor_number

VISITORS = 600
SECONDS = 60.0
RING_SECONDS = 20.0
SETTINGS = {"CALLME_MAX_CALLS_IN_FLIGHT": "1000"}
NO_LIMITS = {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 0, "per_day": 0}


def measure(folder: Path, visitors: int = VISITORS) -> list[Figure]:
    """One `callme serve` on SQLite, without limits. Every phone is picked up."""
    folder.mkdir()
    with sandbox(folder, RING_SECONDS) as vendor:
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php", SETTINGS, NO_LIMITS)
        installation.prepare()
        with installation.running("serve") as server:
            seen = gather(Crowd(server.port, visitors, SECONDS))
            ordered = {
                call["query"]["phone_to_call"]: datetime.fromisoformat(call["received_at"])
                for call in received(vendor)
            }
    if fault := next(iter(seen.faults), ""):
        print(f"benchmarks: crowd: {fault}", file=sys.stderr)
    accepted = {vendor_number(phone): at for phone, at in seen.accepted.items()}
    waited = [ordered[phone].timestamp() - at for phone, at in accepted.items() if phone in ordered]
    if not waited or not seen.polls:
        raise BenchmarkError("nobody's form was accepted")
    return _figures(visitors, seen, waited)


def _figures(visitors: int, seen: Seen, waited: list[float]) -> list[Figure]:
    errors = visitors - min(seen.ends.get("connected", 0), len(waited))
    return [
        Figure(f"{visitors} visitors in a minute: errors", errors, at_most=0),
        Figure("  submit, p95", p95(seen.submits) * 1000, "ms", at_most=150),
        Figure("  poll, p95", p95(seen.polls) * 1000, "ms", at_most=100),
        Figure("  from the 202 to the vendor, p95", p95(waited), "s", at_most=0.3, digits=3),
        Figure("  polls for each visitor", len(seen.polls) / visitors, digits=1),
        Figure("  the client's share of a core", seen.busy, digits=2),
    ]


def p95(values: list[float]) -> float:
    """The 95th percentile."""
    return quantiles(values, n=20, method="inclusive")[18]


def main(sizes: list[int]) -> None:
    BUILD.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="benchmarks-", dir=BUILD) as name:
        for size in sizes:
            print(table(measure(Path(name) / str(size), size)), flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
