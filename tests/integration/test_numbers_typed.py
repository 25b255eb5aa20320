"""Operators type numbers as everybody does: what may mean several is never decided for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.helpers.callme import SECRET_KEY, Store
from tests.helpers.calls import a_call
from tests.helpers.sites import both_sites
from webapp.cli import main
from webapp.domain.clock import utc_now

TYPED = "4915123456789"
READINGS = ("+494915123456789", "+4915123456789")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    made = Store(tmp_path / "callme.db")
    made.set_up(both_sites(region="DE", allowed_regions=["DE", "US"]))
    monkeypatch.setenv("CALLME_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("CALLME_DATABASE_URL", made.url)
    monkeypatch.setenv("CALLME_DIALOGTECH_ACCESS_KEY", "foo")
    monkeypatch.setenv("CALLME_DIALOGTECH_SECRET_ACCESS_KEY", "bar")
    yield made
    made.close()


def callme(*words: str, answer: str = "") -> Result:
    return CliRunner().invoke(main, words, input=answer)


def stopped(store: Store) -> int:
    return len(store.suppressions.all())


def test_suppress_adds_and_removes_all_readings_of_the_digits(store: Store) -> None:
    assert callme("suppress", "add", TYPED).output == "added\n"
    assert stopped(store) == 2
    for reading in READINGS:
        assert callme("suppress", "add", reading).output == "known already\n"
    assert callme("suppress", "remove", TYPED).output == "removed\n"
    assert stopped(store) == 0


def test_suppress_import_adds_all_readings_of_each_number(store: Store, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"{TYPED}\n\n+1 202 555 0148\n+1 624 234 5678\n")
    assert callme("suppress", "import", str(tmp_path / "list")).output == "4 added\n"


def test_numbers_of_an_area_that_is_too_new_are_suppressed_and_forgotten(store: Store) -> None:
    store.add(a_call("+16242345678", at=utc_now()))
    assert callme("forget", "+1 624 234 5678").exit_code == 0
    assert callme("suppress", "add", "+1 624 234 5678").output == "added\n"
    assert "+16242345678" not in [call.phone for call in store.all_calls()]


def test_forget_lists_the_readings_and_asks(store: Store) -> None:
    for reading in READINGS:
        store.add(a_call(reading, at=utc_now()))
    refused = callme("forget", TYPED, answer="n\n")
    assert refused.exit_code == 1
    assert "  +49 1512 3456789\n  +49 491 5123456789\n" in refused.output
    assert {call.phone for call in store.all_calls()} == {*READINGS}
    assert callme("forget", READINGS[0]).exit_code == 0
    assert {call.phone for call in store.all_calls()} == {"", READINGS[1]}
    assert callme("forget", TYPED, answer="y\n").exit_code == 0
    assert {call.phone for call in store.all_calls()} == {""}


def test_forget_needs_no_answer_where_it_is_told_to_take_all(store: Store) -> None:
    for reading in READINGS:
        store.add(a_call(reading, at=utc_now()))
    assert callme("forget", "--all-readings", TYPED).exit_code == 0
    assert {call.phone for call in store.all_calls()} == {""}
