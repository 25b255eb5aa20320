"""The two ways of docs/deployment.md to make a backup bring everything back, and ring nobody late."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.deploy.dockerfile import ROOT
from tests.helpers import stores
from tests.helpers.callme import Store, running_callme
from tests.helpers.calls import a_call
from tests.helpers.programs import need, postgres_programs
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.domain.suppression import Source

GUIDE = (ROOT / "docs" / "deployment.md").read_text("utf-8")
NEVER = "+12025550143"
RESTORE = """
rm -f /var/lib/callme/callme.db-wal /var/lib/callme/callme.db-shm
cp /var/backups/callme-20260302-033000.db /var/lib/callme/callme.db
chown --reference=/var/lib/callme/ /var/lib/callme/callme.db
"""
Restore = Callable[[], Path | str]


def in_guide(command: str) -> str:
    assert command in GUIDE, "the guide says something else than is tried here"
    return command


def sqlite_backup(folder: Path) -> tuple[Path, Restore]:
    path, kept = folder / "callme.db", folder / "kept"
    for name in ("again", "kept"):
        (folder / name).mkdir()
    found = re.search(
        r'^sqlite3 /var/lib/callme/callme.db "(VACUUM INTO .*)"$', GUIDE, re.MULTILINE
    )
    assert found, "the guide says something else than is tried here"

    def back_up(night: datetime) -> None:
        """What the guide's line does on that night: the shell puts in the date."""
        statement = found[1].replace("/var/backups", str(kept))
        statement = re.sub(r"\$\(date \+(\S+)\)", lambda match: night.strftime(match[1]), statement)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(statement)

    def restore() -> Path:
        back_up(utc_now() - timedelta(days=1))
        back_up(utc_now())
        back = folder / "elsewhere"
        back.mkdir()
        lines = in_guide(RESTORE).replace("/var/lib/callme", str(back))
        lines = re.sub(r"/var/backups/\S+", str(max(kept.iterdir())), lines)
        subprocess.run(["sh", "-ec", lines], check=True)
        return back / "callme.db"

    return path, restore


def postgres_backup(folder: Path, url: str, server: str) -> tuple[str, Restore]:
    need("PostgreSQL")
    programs = postgres_programs()
    assert programs

    (folder / "again").mkdir()

    def run(program: str, command: str, database: str) -> None:
        words = in_guide(command).replace("callme.dump", str(folder / "callme.dump")).split()[1:]
        plain = make_url(database).set(drivername="postgresql").render_as_string(False)
        words = [word.replace("--dbname=callme", f"--dbname={plain}") for word in words]
        if words[-1] == "callme":
            words[-1] = plain
        subprocess.run([programs / program, *words], check=True, capture_output=True)

    def restore() -> str:
        run("pg_dump", "pg_dump --format=custom --file=callme.dump callme", url)
        back = stores.new_database(server)
        command = "pg_restore --clean --if-exists --no-owner --dbname=callme callme.dump"
        run("pg_restore", command, back)
        return back

    return url, restore


@pytest.fixture(params=["sqlite", "postgresql"])
def backup(tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path | str, Restore]:
    if request.param == "sqlite":
        if sys.platform != "linux":
            pytest.skip("the guide's chown is that of Linux")
        return sqlite_backup(tmp_path)
    names = ("postgres_url", "postgres_server")
    return postgres_backup(tmp_path, *(request.getfixturevalue(name) for name in names))


def test_a_restored_backup_has_its_calls_and_suppressions_and_rings_nobody_late(
    tmp_path: Path, backup: tuple[Path | str, Restore], vendor: StandIn
) -> None:
    where, restore = backup
    store = Store(where)
    store.set_up()
    store.suppressions.add([NEVER], Source.OPERATOR)
    ended = store.add(a_call(status=CallStatus.CONNECTED))
    waiting = store.add(a_call("+12025550144", at=utc_now() - timedelta(minutes=10)))
    store.close()
    restored = Store(restore())
    address = {"database_url": restored.url, "vendor_url": vendor.url}
    with running_callme(tmp_path / "again", dispatcher=True, **address) as callme:  # type: ignore[arg-type]
        wait_until(restored.all_over, 15, "the call that was queued to be over")
        assert restored.status(waiting.id) == CallStatus.EXPIRED
        assert restored.call(ended.id) == ended
        answer = callme.visitor().submit(phone=NEVER)
        assert answer.json["errors"] == {"phone": ["We cannot call this number."]}  # type: ignore[index]
        assert callme.dispatcher
        callme.dispatcher.stop(10)  # to its end: the database is closed next
    restored.close()
    assert vendor.received == []
