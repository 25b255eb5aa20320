"""A whole run: start, disturb while visitors ask, wait for the end of all calls, compare."""

from __future__ import annotations

from pathlib import Path
from random import Random

from sqlalchemy import update

from tests.chaos.crowd import Crowd
from tests.chaos.ledgers import Report, reconcile
from tests.chaos.machines import kill_again_and_again, many_processes, one_process
from tests.helpers.callme import Store
from tests.helpers.vendors import stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import WINDOW, CallStatus
from webapp.domain.clock import utc_now
from webapp.store.engine import StoreUnavailable
from webapp.store.tables import calls

REST_SECONDS = 180
"""Longer than a call's window, so every call has ended by then."""

RINGING_SECONDS = 0.4


def kill_one_process(folder: Path, kills: int, seed: int) -> Report:
    """`callme serve` on SQLite, killed `kills` times."""
    random = Random(seed)
    with (
        stand_in(delay=RINGING_SECONDS) as vendor,
        one_process(folder, vendor.url) as (store, servers),
    ):
        servers.start("serve")
        servers.ready("serve")
        crowd = Crowd(lambda: servers.origins, visitors=4, pause=0.15, seed=seed)
        crowd.start()
        servers.kill("serve")
        kill_again_and_again(servers, kills - 1, random)
        crowd.stop(REST_SECONDS)
        _come_to_rest(store)
        return reconcile(crowd, store, vendor.received)


def disturb_many_processes(folder: Path, faults: int, seed: int) -> Report:
    """Two web and three dispatch processes on PostgreSQL and Redis, with faults of all kinds."""
    random = Random(seed)
    with (
        stand_in(delay=RINGING_SECONDS) as vendor,
        many_processes(folder, vendor.url, random) as (store, cluster),
    ):
        cluster.start()
        crowd = Crowd(lambda: cluster.servers.origins, visitors=4, pause=0.15, seed=seed)
        crowd.start()
        cluster.disturb(faults)
        crowd.stop(REST_SECONDS)
        _come_to_rest(store)
        return reconcile(crowd, store, vendor.received)


def _come_to_rest(store: Store) -> None:
    """No other try of a busy phone is waited for: each is due at once."""

    def all_over() -> bool:
        try:
            _hurry(store)
            return store.all_over()
        except StoreUnavailable:
            return False

    wait_until(all_over, REST_SECONDS, "every call to come to its end")


def _hurry(store: Store) -> None:
    now = utc_now()
    waiting = calls.c.status == CallStatus.SCHEDULED, calls.c.due_at > now
    with store.database.write() as connection:
        connection.execute(
            update(calls)
            .where(*waiting)
            .values(due_at=now, planned_at=now, expires_at=now + WINDOW, wall_time="")
        )
