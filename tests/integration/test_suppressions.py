"""The suppression list in both databases: very long lists, and two people who add the same number."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event

from tests.helpers.callme import Store
from tests.helpers.calls import a_call
from webapp.domain.calls import CallStatus
from webapp.domain.suppression import Source
from webapp.store.suppressions import BATCH

TOO_MANY = {"sqlite": 5_000, "postgresql": 70_000}
"""More than the parameters of one statement: PostgreSQL takes at most 65,535."""

SQLITES_OWN = 4_000
"""SQLite takes 32,766, unless it was built otherwise; here it is made to take fewer."""


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    on_postgres = request.param == "postgresql"
    made = Store(request.getfixturevalue("postgres_url") if on_postgres else tmp_path / "callme.db")
    if made.database.is_sqlite:
        event.listen(made.database.engine, "connect", _take_no_more_than_usual)
    made.set_up()
    yield made
    made.close()


def _take_no_more_than_usual(connection: sqlite3.Connection, _record: Any) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, SQLITES_OWN)


def test_a_long_list_is_added_and_cancels_what_is_queued(store: Store) -> None:
    many = TOO_MANY["sqlite" if store.database.is_sqlite else "postgresql"]
    numbers = [f"+1202{number:07}" for number in range(many)]
    call = store.add(a_call(numbers[-1]))
    assert store.suppressions.add(numbers, Source.OPERATOR) == many
    assert store.status(call.id) is CallStatus.CANCELLED
    again = [*numbers[-2 * BATCH :], "+442079460018"]
    assert store.suppressions.add(again, Source.OPERATOR) == 1
    store.check_events()


def test_concurrent_adds_of_the_same_numbers_all_succeed(store: Store) -> None:
    """A person presses twice; what was typed is read in several countries, in whatever order."""
    together = Barrier(8)

    def add(turn: int, visitor: int) -> None:
        numbers = [f"+1202555{turn:04}", f"+44207946{turn:04}", f"+4930123{turn:04}"]
        together.wait(10)
        store.suppressions.add(numbers[:: 1 if visitor % 2 else -1], Source.PERSON)
        store.suppressions.add_prefix(f"+1900{turn}")

    with ThreadPoolExecutor(8) as pool:
        for turn in range(20):
            list(pool.map(add, [turn] * 8, range(8)))
    assert len(store.suppressions.all()) == 80
