"""What is committed to the table of calls if several write at once, or if one waits in vain."""

from __future__ import annotations

import sqlite3
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers.callme import Store
from tests.helpers.calls import a_call
from webapp.store import engine
from webapp.store.engine import StoreUnavailable


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that finds the database locked gives up soon, so that no test waits for long."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 50)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "callme.db")
    made.set_up()
    yield made
    made.check_events()
    made.database.close()


def test_concurrent_repeats_get_the_first_call_and_others_are_stored(store: Store) -> None:
    repeated = [str(uuid.uuid4()) for _ in range(5)]
    wanted = [a_call(request_id=request_id) for request_id in repeated * 8] + [
        a_call() for _ in range(60)
    ]
    with ThreadPoolExecutor(20) as pool:
        answered = list(pool.map(store.add, wanted))
    for asked, got in zip(wanted, answered, strict=True):
        assert got.request_id == asked.request_id
    stored = {call.request_id: call.id for call in answered}
    assert len(stored) == 65
    assert {call.id for call in answered} == set(stored.values())
    assert sorted(call.id for call in store.all_calls()) == sorted(stored.values())


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_raises_and_the_next_write_succeeds(store: Store) -> None:
    store.add(a_call())
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="locked"):
                store.add(a_call())
        other.execute("ROLLBACK")
    store.add(a_call())
    assert len(store.all_calls()) == 2


@pytest.mark.usefixtures("impatient")
def test_many_writers_behind_a_lock_each_fail_within_one_timeout(store: Store) -> None:
    """Writers in one process queue for the database, but none waits for the sum of the others' waits."""
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        with ThreadPoolExecutor(40) as pool:
            tries = [pool.submit(store.suppressions.add_prefix, f"+1{at}") for at in range(40)]
            for attempt in tries:
                with pytest.raises(StoreUnavailable, match="locked"):
                    attempt.result(10)
        assert time.monotonic() - started < 40 * engine.BUSY_TIMEOUT_MS / 1000 / 2
        other.execute("ROLLBACK")
    assert store.suppressions.add_prefix("+19")
