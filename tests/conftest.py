"""Each test is isolated: its working directory is an empty folder, and it has no outside settings."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

from tests.helpers import stores
from tests.helpers.callme import Callme, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.programs import summary
from tests.helpers.vendors import StandIn, stand_in
from tests.helpers.warm import end_launcher, unmeasured

# The same examples in every run, on machines of any speed, with nothing kept between runs.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    # All examples of a test share one `alone`, as they change neither its folder nor the environment.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("repeatable")

BROWSER = Path(__file__).parent / "browser"


@pytest.fixture(scope="session", autouse=True)
def alone_together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For what several tests share."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        _isolate(tmp_path_factory.mktemp("shared"), monkeypatch)
        yield


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _isolate(tmp_path, monkeypatch)


def _isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    for name in os.environ:
        if name.startswith("CALLME_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CALLME_SECRETS_DIR", str(folder))


@pytest.fixture(scope="session", autouse=True)
def launched() -> Iterator[None]:
    """Processes are started by one that has loaded Callme, which is itself started when first needed."""
    yield
    end_launcher()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def vendor() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture
def callme(tmp_path: Path, vendor: StandIn) -> Iterator[Callme]:
    """The whole of Callme, dispatcher included, in front of the stand-in."""
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server that tests share, so none may stop it."""
    if stores.DATABASE_URL:
        yield stores.DATABASE_URL
        return
    with stores.own_postgres() as server:
        yield server.server_url


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> str:
    """An empty database on PostgreSQL."""
    return stores.new_database(postgres_server)


@pytest.fixture(scope="session")
def postgres_databases(postgres_server: str) -> stores.Databases:
    return stores.Databases(postgres_server)


@pytest.fixture
def postgres_url(postgres_databases: stores.Databases) -> Iterator[str]:
    """A database on PostgreSQL with our tables, and nothing in them. It is emptied for the next test, so
    none may change tables or the database's settings: for that there is `empty_postgres_url`."""
    with postgres_databases.one() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis that tests share; their visitors' addresses keep them apart."""
    if stores.REDIS_URL:
        yield stores.REDIS_URL
        return
    with stores.own_redis() as server:
        yield server.url


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which programs were missing, as nobody would look for it among the dots."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = [report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)]
    for line in summary(reasons):
        terminalreporter.write_line(line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that start processes take longest. They begin first, so that none runs alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("process") is None)
    functions = set()
    for item in items:
        function = item.nodeid.partition("[")[0]
        if function in functions or BROWSER in item.path.parents:
            item.add_marker("unmeasured")
        functions.add(function)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Measuring the coverage doubles a test's time. Each function is measured once, with the first of
    its parameters; not at all are long runs of much the same, and tests in browsers, which say little
    of single lines."""
    measured = Coverage.current()
    if measured is None or not item.get_closest_marker("unmeasured"):
        return (yield)
    with unmeasured(measured):
        return (yield)
