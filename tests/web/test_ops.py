"""Load balancers learn whether the process lives, and whether it can do its work."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, running_callme
from tests.helpers.waiting import wait_until


def test_a_process_that_answers_is_alive(callme: Callme) -> None:
    answer = callme.visitor().get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok")


def test_a_process_whose_parts_can_be_used_is_ready(callme: Callme) -> None:
    answer = callme.visitor().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"server": "ok", "database": "ok", "dispatcher": "ok"}


def test_readyz_of_a_web_process_names_no_dispatcher(tmp_path: Path) -> None:
    with running_callme(tmp_path) as callme:
        answer = callme.visitor().get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"server": "ok", "database": "ok"}


def garbage(path: Path) -> None:
    path.write_bytes(b"this was a database once" * 1000)


def folder(path: Path) -> None:
    path.mkdir()


def nothing(path: Path) -> None:
    assert not path.exists()


@pytest.mark.parametrize(
    ("ruin", "state"), [(garbage, "broken"), (folder, "away"), (nothing, "wrong schema")]
)
def test_a_database_that_cannot_be_used_is_named(
    tmp_path: Path, ruin: Callable[[Path], None], state: str
) -> None:
    """The file is garbage, is a folder, or is an empty database without our tables. The response does
    not say which file it is."""
    ruined = tmp_path / "ruined.db"
    ruin(ruined)
    with running_callme(tmp_path, database_url=f"sqlite:///{ruined}") as callme:
        answer = callme.visitor().get("/readyz")
        assert answer.status_code == 503
        assert answer.get_json() == {"server": "ok", "database": state}
        assert callme.visitor().get("/healthz").status_code == 200


def test_a_change_of_database_health_is_logged_once_in_full(
    callme: Callme, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged only then, however often load balancers ask meanwhile."""
    visitor = callme.visitor()
    callme.store.execute("ALTER TABLE sites RENAME TO away")
    states = {visitor.get("/readyz").get_json()["database"] for _ in range(3)}
    callme.store.execute("ALTER TABLE away RENAME TO sites")
    assert {visitor.get("/readyz").status_code for _ in range(3)} == {200}
    assert states == {"wrong schema"}
    logged = [record for record in caplog.records if record.name == "webapp.services.health"]
    assert [record.levelname for record in logged] == ["WARNING", "INFO"]
    assert "OperationalError: no such table: sites" in logged[0].getMessage()


def test_a_dispatcher_that_stopped_is_named(callme: Callme) -> None:
    assert callme.dispatcher
    callme.dispatcher.stop(0)
    visitor = callme.visitor()
    answer = wait_until(
        lambda: (got := visitor.get("/readyz")).status_code == 503 and got, 5, "not ready"
    )
    assert answer
    assert answer.get_json() == {"server": "ok", "database": "ok", "dispatcher": "not running"}
