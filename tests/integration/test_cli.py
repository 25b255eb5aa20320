"""The operator's commands: each says what it did or, in one line for each fault, what to mend."""

from __future__ import annotations

import os
import re
import sqlite3
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.helpers.callme import Store
from tests.helpers.processes import CALLME, WARM, environment, run
from tests.helpers.sites import SITES, other_site, site, sites_toml
from tests.helpers.stores import own_redis
from tests.helpers.vendors import StandIn
from webapp.cli import main
from webapp.domain.site.reading import parse_sites

ROOT = Path(__file__).parents[2]
PUBLIC = "https://callme.example"


@dataclass(frozen=True)
class Said:
    """A command's exit code and output."""

    code: int
    out: str
    err: str

    @property
    def well(self) -> str:
        """The output of a command, which must have succeeded."""
        assert self.code == 0, self
        assert "Traceback" not in self.err
        return self.out

    @property
    def faults(self) -> list[str]:
        """The lines of a command, which must have failed with exit code 1, one line per fault and no
        traceback."""
        assert self.code == 1, self
        assert self.out == ""
        lines = self.err.splitlines()
        assert lines
        assert all(line.startswith("callme: ") for line in lines), self.err
        return [line.removeprefix("callme: ") for line in lines]


Command = Callable[..., Said]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """The database that the commands will use; it does not exist yet."""
    named = Store(tmp_path / "callme.db")
    yield named
    named.database.close()


@pytest.fixture
def callme(store: Store) -> Command:
    """Runs `callme ARGUMENTS` with the settings that it needs, and the test's changes to them."""

    def command(*arguments: str, given: str | None = None, **changes: object) -> Said:
        runner = CliRunner(env=environment(store, **changes))
        result = runner.invoke(main, arguments, input=given)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return Said(result.exit_code, result.stdout, result.stderr)

    return command


@pytest.fixture
def process(tmp_path: Path, store: Store) -> Command:
    """The same in a process of its own, for commands that would become a server. With a `path`, it loads
    everything by itself."""

    def command(*arguments: str, path: str = "", **changes: object) -> Said:
        environ = environment(store, **changes) | ({"PYTHONPATH": path} if path else {})
        result = run(tmp_path, environ, *arguments, command=CALLME if path else WARM)
        return Said(result.returncode, result.stdout, result.stderr)

    return command


def test_sites_can_be_applied_listed_exported_and_pruned(callme: Command, tmp_path: Path) -> None:
    """apply, list, export. Applying an export changes nothing; --prune removes the rest."""
    file = tmp_path / "sites.toml"
    file.write_text(SITES)
    assert callme("sites", "apply", str(file)).well == "acme: added\nother: added\n"
    listed = callme("sites", "list").well.splitlines()
    assert listed[1] == "other\tOther Ltd\thttps://other.example\tall\tactive"
    assert len(listed) == 2
    exported = callme("sites", "export").well
    assert parse_sites(exported, "the export") == parse_sites(SITES, "the file")
    file.write_text(exported)
    assert callme("sites", "apply", str(file)).well == "acme: unchanged\nother: unchanged\n"
    file.write_text(sites_toml(acme=site(name="Acme Ltd")))
    assert callme("sites", "apply", str(file)).well == "acme: changed\n"
    assert callme("sites", "list").well.count("\n") == 2, "without --prune nothing is removed"
    pruned = callme("sites", "apply", "--prune", str(file)).well
    assert pruned == "acme: unchanged\nother: removed\n"
    assert list(tomllib.loads(callme("sites", "export").well)) == ["acme"]
    assert callme("sites", "apply", "-", given=SITES).well == "acme: changed\nother: added\n"


def test_applying_a_file_with_faults_changes_no_site(
    callme: Command, store: Store, tmp_path: Path
) -> None:
    store.set_up()
    before = callme("sites", "export").well
    file = tmp_path / "sites.toml"
    broken = other_site(
        region="Britain", receptionists=[{"key": "all", "label": "", "menu_id": "1"}]
    )
    file.write_text(sites_toml(acme=site(name="Acme Ltd"), other=broken))
    lines = callme("sites", "apply", "--prune", str(file)).faults
    assert len(lines) == 2
    assert lines[0].startswith(f"{file}: other.region: 'Britain' is no region")
    assert lines[1].startswith(f"{file}: other.receptionists[0].label: must not be empty")
    assert callme("sites", "export").well == before


def test_a_file_that_cannot_be_read_is_one_line(callme: Command, tmp_path: Path) -> None:
    (line,) = callme("sites", "apply", "nothing.toml").faults
    assert line == "nothing.toml: No such file or directory"
    (tmp_path / "latin.toml").write_bytes("[ä]".encode("latin-1"))
    (line,) = callme("sites", "apply", "latin.toml").faults
    assert line == "latin.toml: is no UTF-8 text"


def test_the_snippet_is_what_the_owner_pastes(callme: Command, store: Store) -> None:
    store.set_up()
    snippet = callme("sites", "snippet", "acme", public_url="https://callme.example").well
    assert '<script async src="https://callme.example/w/acme.js"></script>' in snippet
    assert '<call-me site="acme"></call-me>' in snippet
    (line,) = callme("sites", "snippet", "nobody").faults
    assert line == "there is no site 'nobody'; there is: acme, other"


def test_check_reports_success_when_nothing_is_wrong(
    callme: Command, store: Store, vendor: StandIn
) -> None:
    store.set_up()
    assert callme("check", dialogtech_url=vendor.url, public_url=PUBLIC).well == "all is well\n"


def test_check_reports_settings_that_browsers_cannot_use(
    callme: Command, store: Store, vendor: StandIn
) -> None:
    """Settings and sites may each be valid but not work together."""
    assert callme("db", "upgrade").well
    (line,) = callme("check", dialogtech_url=vendor.url).faults
    assert line == "no site is stored yet; run: callme sites apply FILE"
    store.set_up()
    (line,) = callme("check", dialogtech_url=vendor.url).faults
    assert line == (
        "CALLME_PUBLIC_URL: browsers on the pages of acme, other cannot reach"
        " http://127.0.0.1:8000; for example https://callme.example"
    )
    store.set_up(re.sub(r"https://[\w.]+example(:\d+)?", "http://localhost:8080", SITES))
    assert callme("check", dialogtech_url=vendor.url).well == "all is well\n"


def test_check_reports_all_faults_at_once(callme: Command) -> None:
    lines = callme("check", redis_url="redis://:secret@127.0.0.1:1/0").faults
    assert len(lines) == 3
    assert lines[0].startswith("CALLME_DATABASE_URL: ")
    assert lines[0].endswith("there is no such file yet; run: callme db upgrade")
    assert lines[1] == "CALLME_REDIS_URL: Redis does not answer"
    assert lines[2] == "CALLME_DIALOGTECH_URL: the endpoint cannot be reached: connect_failed"
    assert "secret" not in "".join(lines)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"redis_url": "redis://127.0.0.1:port/0"}, "CALLME_REDIS_URL: must be a redis://, "),
        (
            {"redis_url": "redis+unix:///run/redis.sock?db=one"},
            "CALLME_REDIS_URL: is no address that the package redis can read",
        ),
        (
            {"redis_url": "redis://127.0.0.1:6379/0?socket_timeuot=1"},
            "CALLME_REDIS_URL: there is no parameter 'socket_timeuot'",
        ),
        ({"database_url": "sqlite:///."}, "CALLME_DATABASE_URL: the database cannot be used: "),
    ],
    ids=[
        *(
            "a Redis port in letters",
            "a Redis database in letters",
            "a misspelt parameter of Redis",
        ),
        "a folder for a database",
    ],
)
def test_check_reports_store_addresses_that_cannot_be_used(
    callme: Command, store: Store, vendor: StandIn, changes: dict[str, str], fault: str
) -> None:
    store.set_up()
    (line,) = callme("check", dialogtech_url=vendor.url, **{"public_url": PUBLIC, **changes}).faults
    assert line.startswith(fault)


def test_a_redis_behind_a_socket_is_found(callme: Command, store: Store, vendor: StandIn) -> None:
    store.set_up()
    with own_redis() as redis:
        changes = {
            "redis_url": redis.socket_url,
            "dialogtech_url": vendor.url,
            "public_url": PUBLIC,
        }
        assert callme("check", **changes).well == "all is well\n"
    (line,) = callme("check", **changes).faults
    assert line == "CALLME_REDIS_URL: Redis does not answer"


@pytest.mark.process
@pytest.mark.parametrize("command", ["check", "serve", "web"])
@pytest.mark.parametrize(
    ("package", "changes", "fault"),
    [
        (
            "psycopg",
            {"database_url": "postgresql://callme@127.0.0.1:1/callme"},
            "CALLME_DATABASE_URL: the package psycopg is not installed;"
            " run: pip install 'psycopg[binary]'",
        ),
        (
            "redis",
            {"redis_url": "redis://127.0.0.1:1/0"},
            "CALLME_REDIS_URL: the package redis is not installed; run: pip install redis",
        ),
    ],
)
def test_a_package_that_a_setting_needs_is_named(
    process: Command,
    store: Store,
    vendor: StandIn,
    tmp_path: Path,
    command: str,
    package: str,
    changes: dict[str, str],
    fault: str,
) -> None:
    """It is named before a server is started, which could only fail with a traceback."""
    store.set_up()
    (tmp_path / "sitecustomize.py").write_text(f"import sys\nsys.modules[{package!r}] = None\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    words = [command] if command == "check" else [command, "--port", "0"]
    said = process(*words, dialogtech_url=vendor.url, public_url=PUBLIC, path=path, **changes)
    assert said.faults == [fault]


def test_check_names_settings_that_are_missing(callme: Command) -> None:
    lines = callme("check", secret_key=None, dialogtech_access_key=None).faults
    assert [line.split(":")[0] for line in lines] == [
        "CALLME_SECRET_KEY",
        "CALLME_DIALOGTECH_ACCESS_KEY",
    ]


def test_the_schema_is_brought_up_to_date_once_and_again(callme: Command, store: Store) -> None:
    for _ in range(2):
        assert callme("db", "upgrade").well == f"{store.url} is up to date\n"
    assert store.statuses() == []


def garbage(path: Path) -> None:
    path.write_bytes(b"this was a database once" * 1000)


def folder(path: Path) -> None:
    path.mkdir()


def from_the_future(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    connection.close()


def test_a_schema_of_a_newer_callme_is_left_as_it_is(callme: Command, store: Store) -> None:
    from_the_future(store.path)
    (line,) = callme("db", "upgrade").faults
    assert line.startswith(f"CALLME_DATABASE_URL: {store.url} has a schema of a newer Callme; ")
    assert "install the Callme that made it" in line
    assert "restore the backup from before its upgrade" in line


def half_made(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE sites (key)")
    connection.close()


@pytest.mark.process
@pytest.mark.parametrize("command", ["serve", "web", "dispatch"])
def test_without_settings_nothing_starts_and_each_is_named(process: Command, command: str) -> None:
    missing = {"secret_key": None, "dialogtech_access_key": None, "database_url": "nonsense"}
    lines = process(command, **missing).faults
    assert sorted(line.split(":")[0] for line in lines) == [
        "CALLME_DATABASE_URL",
        "CALLME_DIALOGTECH_ACCESS_KEY",
        "CALLME_SECRET_KEY",
    ]


@pytest.mark.process
@pytest.mark.parametrize(
    ("ruin", "fault"),
    [
        (garbage, "the database cannot be used: DatabaseError: file is not a database"),
        (garbage, "callme.db is broken: put a backup in its place, or see what sqlite3's .recover"),
        (folder, "the database cannot be used: OperationalError: unable to open database file"),
        (half_made, "the database cannot be used: OperationalError: table sites already exists"),
        (from_the_future, "has a schema of a newer Callme; install the Callme that made it"),
    ],
)
def test_a_database_that_cannot_be_used_stops_the_start(
    process: Command, store: Store, ruin: Callable[[Path], None], fault: str
) -> None:
    ruin(store.path)
    (line,) = process("serve", "--port", "0").faults
    assert line.startswith("CALLME_DATABASE_URL: ")
    assert fault in line


@pytest.mark.process
def test_a_folder_that_cannot_be_made_stops_the_start(process: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (line,) = process("serve", database_url=f"sqlite:///{tmp_path}/file/callme.db").faults
    assert line.startswith("CALLME_DATABASE_URL: the folder of the file cannot be made")


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("--host", "203.0.113.1"), "cannot listen on port 8000 of 203.0.113.1"),
        (("--host", "no.such.host.invalid"), "cannot listen on port 8000 of no.such.host.invalid"),
    ],
    ids=["not ours", "no such host"],
)
def test_an_address_that_is_not_ours_stops_the_start(
    process: Command, arguments: tuple[str, ...], fault: str
) -> None:
    (line,) = process("serve", *arguments).faults
    assert line.startswith(fault)


@pytest.mark.process
def test_many_web_workers_need_redis(process: Command) -> None:
    """Otherwise each worker would count for itself, and a visitor could ask each of them up to the
    limit."""
    (line,) = process("web", "--workers", "2", "--port", "0").faults
    assert line.startswith("CALLME_REDIS_URL: needed with more than one web worker")


def test_a_dotenv_file_that_is_no_text_is_one_line(callme: Command, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"CALLME_PUBLIC_URL=\xff\xfe")
    (line,) = callme("check").faults
    assert line == ".env or a file of the secrets directory: is no UTF-8 text"


def test_suppress_adds_lists_and_removes_numbers_and_prefixes(
    callme: Command, store: Store
) -> None:
    store.set_up()
    assert callme("suppress", "add", "+1 (202) 555-0100").well == "added\n"
    assert callme("suppress", "add", "+12025550100").well == "known already\n"
    assert callme("suppress", "add", "--prefix", "+1900").well == "added\n"
    listed = callme("suppress", "list").well
    assert [line.split("\t")[1:] for line in listed.splitlines()] == [
        ["operator", "…00"],
        ["operator", "+1900…"],
    ]
    assert callme("suppress", "remove", "+12025550100").well == "removed\n"
    assert callme("suppress", "remove", "+1900").well == "removed\n"
    assert callme("suppress", "list").well == ""


def test_suppress_says_what_is_wrong_without_repeating_the_number(
    callme: Command, store: Store
) -> None:
    store.set_up()
    assert callme("suppress", "add", "202 555 0100 99 99").faults == [
        "that is no full international number; write it like +12025550100"
    ]
    assert callme("suppress", "add", "--prefix", "1900").faults == [
        "that is no prefix; write it like +1900"
    ]
    (fault,) = callme("suppress", "remove", "+12025550100").faults
    assert fault.endswith("is not on the list")
    assert "2025550100" not in fault


def test_suppress_import_takes_all_numbers_of_a_file_or_none(
    callme: Command, store: Store, tmp_path: Path
) -> None:
    store.set_up()
    file = tmp_path / "stop.txt"
    file.write_text("+12025550100\n\n202 555 0101 99 99\n+1 202 555 0102\nno number\n")
    faults = callme("suppress", "import", str(file)).faults
    assert [fault.rpartition(": ")[0].rpartition(", ")[2] for fault in faults] == [
        "line 3",
        "line 5",
    ]
    assert callme("suppress", "list").well == ""
    assert (
        callme("suppress", "import", "-", given=file.read_text()).faults[0].startswith("-, line 3")
    )
    file.write_text("+12025550100\n+1 202 555 0102\n+12025550100\n")
    assert callme("suppress", "import", str(file)).well == "2 added\n"
    assert callme("suppress", "import", str(tmp_path / "none.txt")).faults
