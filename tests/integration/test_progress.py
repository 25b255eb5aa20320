"""Statuses requested at the same time share a query, and no request spoils another's response."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.helpers.callme import Store, running_callme
from tests.helpers.calls import a_call
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus, new_call_id
from webapp.store import progress
from webapp.store.engine import StoreUnavailable
from webapp.store.progress import ProgressRepository

STRANGE = ("%00", "a%00b", "x", "%F0%9F%93%9E", "a" * 400, "a" * 21 + "%00")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    is_file = request.param == "sqlite"
    made = Store(tmp_path / "own.db" if is_file else request.getfixturevalue("postgres_url"))
    made.set_up()
    yield made
    made.database.close()


def test_each_question_of_a_query_gets_its_own_answer(store: Store) -> None:
    first, second = store.add(a_call()), store.add(a_call("+12025550101"))
    stranger = new_call_id()
    found = ProgressRepository(store.database)._read_all([second.id, stranger, first.id, second.id])
    assert [one and one.id for one in found] == [second.id, None, first.id, second.id]


def test_who_asks_among_many_hears_of_the_own_call_as_it_is_by_then(store: Store) -> None:
    shared = ProgressRepository(store.database)

    def ask(turn: int) -> None:
        call = store.add(a_call(f"+1202555{turn:04}"))
        found = shared.get(call.id)
        assert found
        assert (found.id, found.status) == (call.id, CallStatus.QUEUED)
        assert shared.get(new_call_id()) is None
        if turn % 2:
            store.execute("UPDATE calls SET locale = 'de' WHERE id = :id", id=call.id)
            changed = shared.get(call.id)
            assert changed
            assert changed.locale == "de"

    with ThreadPoolExecutor(10) as pool:
        assert len(list(pool.map(ask, range(100)))) == 100


def test_an_id_that_the_database_cannot_take_is_one_of_no_call(
    tmp_path: Path, postgres_url: str
) -> None:
    """Otherwise a request for it would make everybody's fail."""
    store = Store(postgres_url)
    store.set_up()
    store.close()
    with running_callme(tmp_path, database_url=postgres_url) as callme:
        for call_id in STRANGE:
            assert callme.visitor().get(f"/api/calls/{call_id}").status_code == 404, call_id


def test_a_query_that_hangs_holds_one_visitor_and_the_others_hear_of_it(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE_SECONDS", 0.2)
    store = Store(postgres_url)
    store.set_up()
    call = store.add(a_call())
    shared = ProgressRepository(store.database)
    with ThreadPoolExecutor(6) as pool, closing(psycopg.connect(postgres_url)) as other:
        other.execute("LOCK TABLE calls IN ACCESS EXCLUSIVE MODE")
        asked = [pool.submit(shared.get, call.id) for _ in range(6)]
        wait_until(lambda: sum(one.done() for one in asked) == 5, 4, "five give up")
        other.rollback()
        wait(asked, 10)
        faults = [one.exception() for one in asked if one.exception()]
        answers = [one.result() for one in asked if not one.exception()]
    assert [type(fault) for fault in faults] == [StoreUnavailable] * 5
    assert [one and one.id for one in answers] == [call.id]
    assert shared.get(call.id)
    store.close()
