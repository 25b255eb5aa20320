"""A dispatcher that only claims calls, in a process of its own, until none is left.

It prints "ready" once it has a connection, begins when it is told to, and then prints its share.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from datetime import timedelta

from tests.helpers.callme import queue_in
from webapp.domain.clock import utc_now
from webapp.store.engine import Database
from webapp.store.queue import CallQueue

LEASE = timedelta(seconds=15)


@dataclass(slots=True)
class Share:
    """The calls that one process got, and when its last claim was committed, on the machine's clock."""

    ids: list[str] = field(default_factory=list)
    finished: float = 0.0


def claim_all(queue: CallQueue, most: int) -> Share:
    share = Share()
    owner = f"claimer:{os.getpid()}"
    while claimed := queue.claim(owner, utc_now(), LEASE, most):
        share.finished = time.monotonic()
        share.ids += [call.id for call in claimed]
    return share


def main(url: str, most: int) -> None:
    database = Database(url)
    database.ping()
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(claim_all(queue_in(database), most))))
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
