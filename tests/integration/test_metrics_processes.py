"""The metrics of processes: on a separate port, of several workers together, of a dispatcher alone."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.helpers.callme import Store, Visitor
from tests.helpers.processes import (
    CALLME,
    Process,
    RemoteClient,
    environment,
    run,
    running,
    visitor_of,
)
from tests.helpers.scrapes import TOKEN, Scrape, scrape
from tests.helpers.stores import free_port
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.listening import listen

pytestmark = pytest.mark.process

HEALTHZ = {"route": "/healthz", "method": "GET", "status": "200"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "callme.db")
    made.set_up()
    yield made
    made.database.close()


def scraper(port: int) -> Visitor:
    return Visitor(RemoteClient(f"http://127.0.0.1:{port}"))


def test_a_port_of_its_own_needs_no_token_and_the_public_one_has_nothing(
    tmp_path: Path, store: Store
) -> None:
    port = free_port()
    with running(tmp_path, environment(store, metrics_port=port), "serve", "--port", "0") as server:
        visitor = visitor_of(server)
        assert visitor.get("/healthz").status_code == 200
        assert visitor.get("/metrics").status_code == 404
        answer = scraper(port).get("/metrics")
        assert Scrape(answer.text).value("callme_http_requests_total", **HEALTHZ) == 1
        assert scraper(port).get("/admin").status_code == 404
        assert "GET /metrics" not in server.output


def test_with_a_token_both_ports_ask_for_it(tmp_path: Path, store: Store) -> None:
    port = free_port()
    settings = environment(store, metrics_port=port, metrics_token=TOKEN)
    with running(tmp_path, settings, "serve", "--port", "0") as server:
        for visitor in (visitor_of(server), scraper(port)):
            assert visitor.get("/metrics").status_code == 401
            assert scrape(visitor).value("callme_database_up") == 1
        assert TOKEN not in server.output


def test_a_dispatcher_alone_has_its_port_and_tells_of_the_calls(
    tmp_path: Path, store: Store, vendor: StandIn
) -> None:
    port = free_port()
    with (
        running(tmp_path, environment(store, vendor.url), "web", "--port", "0") as web,
        running(tmp_path, environment(store, vendor.url, metrics_port=port), "dispatch"),
    ):
        call_id = visitor_of(web).ask_for_call()
        wait_until(lambda: store.status(call_id).final, 20, "the call's end")
        seen = Scrape(scraper(port).get("/metrics").text)
    assert seen.value("callme_calls_total", site="acme", state="connected") == 1
    assert seen.value("callme_vendor_seconds_count", outcome="answered") == 1


def test_several_workers_are_counted_together_whichever_of_them_answers(
    tmp_path: Path, store: Store, redis_url: str
) -> None:
    """When they stop, they leave nothing behind and delete nothing of another program."""
    port, foreign = free_port(), tmp_path / "foreign"
    foreign.mkdir()
    settings = environment(store, metrics_port=port, redis_url=redis_url)
    settings |= {"PROMETHEUS_MULTIPROC_DIR": str(foreign)}
    words = ("web", "--port", "0", "--workers", "3")
    # The package that counts looks for the folder when it is loaded.
    with running(tmp_path, settings, *words, command=CALLME) as server:
        visitor = visitor_of(server)
        for _ in range(60):
            assert visitor.get("/healthz").status_code == 200
        seen = [Scrape(scraper(port).get("/metrics").text) for _ in range(10)]
        folder = folder_of(server)
        assert len(list(folder.glob("counter_*.db"))) > 1, "one did all the work"
    counts = {scrape.value("callme_http_requests_total", **HEALTHZ) for scrape in seen}
    assert counts == {60}
    assert not folder.exists()
    assert list(foreign.iterdir()) == []


def folder_of(server: Process) -> Path:
    """Where its workers count together."""
    (folder,) = Path("/dev/shm").glob(f"callme-metrics-{server.family()[0]}-*")
    return folder


def working(server: Process) -> set[int]:
    """The workers that count, and so have begun."""
    files = Path("/dev/shm").glob(f"callme-metrics-{server.family()[0]}-*/counter_*.db")
    return {int(number) for file in files if (number := file.stem.partition("_")[2]).isdigit()}


def kill_a_worker(server: Process) -> int:
    """kill -9 for one; returns its number once another has taken its place."""
    arbiter = server.family()[0]
    children = Path(f"/proc/{arbiter}/task/{arbiter}/children")
    before = children.read_text().split()
    os.kill(int(before[0]), signal.SIGKILL)

    def replaced() -> bool:
        now = children.read_text().split()
        new = [pid for pid in now if pid not in before]
        return len(now) == len(before) and {*map(int, new)} <= working(server) and bool(new)

    wait_until(replaced, 20, "another worker")
    return int(before[0])


@contextmanager
def two_workers(tmp_path: Path, store: Store, redis_url: str) -> Iterator[tuple[Process, int]]:
    port = free_port()
    settings = environment(store, metrics_port=port, redis_url=redis_url)
    words = ("web", "--port", "0", "--workers", "2")
    with running(tmp_path, settings, *words, command=CALLME) as server:
        visitor = visitor_of(server)
        wait_until(lambda: visitor.get("/readyz").status_code == 200, 20, "it is ready")
        wait_until(lambda: len(working(server)) == 2, 20, "both workers")
        yield server, port


def counted(port: int) -> float:
    return Scrape(scraper(port).get("/metrics").text).value("callme_http_requests_total", **HEALTHZ)


def test_a_dead_workers_counts_are_kept_and_its_file_removed(
    tmp_path: Path, store: Store, redis_url: str
) -> None:
    with two_workers(tmp_path, store, redis_url) as (server, port):
        visitor = visitor_of(server)
        for _ in range(20):
            assert visitor.get("/healthz").status_code == 200
        assert counted(port) == 20
        for _ in range(2):
            dead = kill_a_worker(server)
            wait_until(lambda: counted(port) == 20, 20, "all are counted still")
            assert not list(folder_of(server).glob(f"*_{dead}.db"))


def test_requests_and_metrics_work_after_the_metrics_folder_is_deleted(
    tmp_path: Path, store: Store, redis_url: str
) -> None:
    with two_workers(tmp_path, store, redis_url) as (server, port):
        shutil.rmtree(folder_of(server))
        assert scraper(port).get("/metrics").status_code == 200
        kill_a_worker(server)
        visitor = visitor_of(server)
        for _ in range(10):
            assert visitor.get("/healthz").status_code == 200
        wait_until(lambda: scraper(port).get("/metrics").status_code == 200, 20, "metrics again")


def test_the_metrics_folder_of_a_killed_server_is_removed_by_the_next(
    tmp_path: Path, store: Store, redis_url: str
) -> None:
    with two_workers(tmp_path, store, redis_url) as (server, _):
        left = folder_of(server)
        server.kill()
        assert left.exists()
        with two_workers(tmp_path, store, redis_url) as (other, _):
            wait_until(lambda: not left.exists(), 10, "it is gone")
            assert folder_of(other).exists()


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        for command in (("serve", "--port", "0"), ("dispatch",)):
            new = Store(tmp_path / "new" / "callme.db")
            ended = run(tmp_path, environment(new, metrics_port=port), *command)
            assert ended.returncode == 1
            assert ended.stderr == (
                f"callme: port {port} of 127.0.0.1 is in use; choose another with"
                " CALLME_METRICS_PORT\n"
            )
            assert not new.path.exists(), "nothing is changed"
