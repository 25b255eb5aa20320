"""If a store is locked, full, away, frozen or slow, no call is half-accepted, and all recovers by
itself."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from redis import Redis as RedisClient

from tests.helpers import stores
from tests.helpers.callme import Callme, Store, Visitor, running_callme
from tests.helpers.processes import CALLME, environment, run, running, visitor_of
from tests.helpers.sites import FALLBACK_PHONE
from tests.helpers.stores import Postgres, Redis
from tests.helpers.vendors import StandIn, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.listening import listen
from webapp.store import engine

pytestmark = pytest.mark.process

SERVE = ("serve", "--port", "0")


def expect_refusal(visitor: Visitor, form: Any) -> None:
    """Expect a clean 503 that offers the owner's number."""
    answer = visitor.post("/api/sites/acme/calls", data=form)
    assert answer.status_code == 503, answer.text
    assert answer.content_type == "application/problem+json"
    assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE


def expect_unwell(visitor: Visitor, part: str, state: str) -> None:
    """Expect /readyz to report that state for this part and no other."""
    answer = visitor.get("/readyz")
    unwell = {name: told for name, told in answer.get_json().items() if told != "ok"}
    assert (answer.status_code, unwell) == (503, {part: state})


def well(visitor: Visitor) -> bool:
    return visitor.get("/readyz").status_code == 200


# SQLite


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes to the file and does not finish."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_a_short_database_lock_is_waited_for(callme: Callme) -> None:
    visitor = callme.visitor()
    form = visitor.fields()
    with ThreadPoolExecutor(1) as pool:
        with locked(callme.store.path):
            response = pool.submit(visitor.post, "/api/sites/acme/calls", data=form)
            with pytest.raises(TimeoutError):
                response.result(1)
        assert response.result(10).status_code == 202


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers wait for a lock for a tenth of the usual time."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 500)


@pytest.mark.usefixtures("impatient")
def test_a_long_database_lock_is_reported_and_all_threads_recover(
    callme: Callme,
) -> None:
    visitors = [callme.visitor() for _ in range(8)]
    forms = [visitor.fields() for visitor in visitors]
    with locked(callme.store.path), ThreadPoolExecutor(8) as pool:
        list(pool.map(expect_refusal, visitors, forms))
        expect_unwell(visitors[0], "database", "locked")
    assert callme.store.all_calls() == []
    for visitor, form in zip(visitors, forms, strict=True):
        assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202
    wait_until(callme.store.all_over, 20, "all are rung")
    assert well(visitors[0])


def test_a_full_disk_is_told_and_accepting_goes_on_when_there_is_room(
    tmp_path: Path, vendor: StandIn
) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up()
    with running(tmp_path, environment(store, vendor.url), *SERVE) as server:
        visitor = visitor_of(server)
        first = visitor.ask_for_call()
        wait_until(lambda: store.status(first).final, 10, "the first call is over")
        form = visitor.fields(phone="(202) 555-0111")
        for pid in server.family():
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        expect_refusal(visitor, form)
        expect_unwell(visitor, "database", "disk error")  # without any room: "disk full"
        for pid in server.family():
            resource.prlimit(
                pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
        assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202
        wait_until(lambda: len(vendor.phones) == 2, 10, "the second call is rung")
        assert well(visitor)
    store.check_events()
    store.close()


def test_a_file_that_may_not_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up()
    store.close()
    for file in tmp_path.glob("callme.db*"):
        file.chmod(0o444)
    command: tuple[str, ...] = CALLME
    if os.geteuid() == 0:  # root may write to any file unless it gives up that privilege
        setpriv = shutil.which("setpriv")
        assert setpriv
        drop = "-dac_override,-dac_read_search,-fowner"
        command = (setpriv, "--bounding-set", drop, "--inh-caps", drop, *CALLME)
    for arguments in (("check",), SERVE):
        with running(tmp_path, environment(store), *arguments, command=command) as process:
            assert process.wait(20) == 1
        (line,) = [line for line in process.output.splitlines() if "DIALOGTECH" not in line]
        assert "attempt to write a readonly database" in line


# PostgreSQL


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A server of the test's own, which it may stop."""
    with stores.own_postgres() as server:
        yield server


def test_postgresql_away_at_the_start_is_told_in_one_line(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as nobody:
        port = nobody.getsockname()[1]
    away = environment(
        Store(tmp_path / "unused.db"),
        database_url=f"postgresql://callme:s3cret@127.0.0.1:{port}/callme",
    )
    for command in (SERVE, ("dispatch",), ("check",)):
        ended = run(tmp_path, away, *command)
        assert ended.returncode == 1
        (line,) = [line for line in ended.stderr.splitlines() if "DIALOGTECH" not in line]
        assert "database cannot be used" in line
        assert "s3cret" not in line


def test_an_outage_of_postgresql_during_a_call_loses_nothing(
    tmp_path: Path, postgres: Postgres
) -> None:
    """A phone rings when the database goes away; the answer is stored when it is back."""
    store = Store(stores.new_database(postgres.server_url))
    store.set_up()
    with (
        stand_in(delay=600) as vendor,
        running(tmp_path, environment(store, vendor.url), *SERVE) as server,
    ):
        visitor = visitor_of(server)
        ringing = visitor.ask_for_call()
        wait_until(lambda: vendor.phones, 10, "the phone rings")
        form = visitor.fields(phone="(202) 555-0111")
        postgres.stop()
        expect_refusal(visitor, form)
        assert visitor.get(f"/api/calls/{ringing}").status_code == 503
        expect_unwell(visitor, "database", "away")
        assert visitor.get("/healthz").status_code == 200
        vendor.let_all_answer()
        wait_until(lambda: vendor.states() == ["answered"], 10, "the phone is answered")
        postgres.start()
        wait_until(lambda: well(visitor), 15, "all is well again")
        wait_until(lambda: store.status(ringing) is CallStatus.CONNECTED, 15, "it is written down")
        assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202
        wait_until(lambda: len(vendor.phones) == 2, 15, "the next call is rung")
    store.check_events()
    store.close()


def test_a_new_call_wakes_a_dispatcher_of_another_process_at_once(
    tmp_path: Path, postgres_url: str
) -> None:
    """A notice wakes it. Without one, polling would find the call, in general half a second later."""
    store = Store(postgres_url)
    store.set_up()
    with (
        stand_in() as vendor,
        running(tmp_path, environment(store, vendor.url), "dispatch") as dispatch,
        running(tmp_path, environment(store, vendor.url), "web", "--port", "0") as web,
    ):
        dispatch.wait_for("(dispatcher is running)")
        visitor = visitor_of(web)
        waits = []
        for number in range(12, 20):
            call_id = visitor.ask_for_call(phone=f"(202) 555-01{number}")
            accepted = time.monotonic()
            wait_until(partial(store.attempts, call_id), 10, "the call is claimed")
            waits.append(time.monotonic() - accepted)
        assert sorted(waits)[4] < 0.2, waits
    store.close()


# Redis


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A server of the test's own, which it may stop and freeze."""
    with stores.own_redis() as server:
        yield server


@pytest.fixture
def limited(tmp_path: Path, redis: Redis) -> Iterator[Callme]:
    """A Callme that counts its limits in that Redis."""
    with running_callme(tmp_path, redis_url=redis.url) as callme:
        yield callme


@pytest.mark.parametrize("fault", ["away", "frozen"])
def test_requests_are_refused_quickly_while_redis_is_away_or_frozen(
    limited: Callme, redis: Redis, fault: str
) -> None:
    visitor = limited.visitor()
    form = visitor.fields()
    other = limited.visitor()
    status = f"/api/calls/{other.ask_for_call(phone='(202) 555-0101')}"
    assert other.get(status).status_code == 200
    assert well(visitor)
    if fault == "away":
        redis.stop()
    else:
        redis.signal(signal.SIGSTOP)
    started = time.monotonic()
    expect_refusal(visitor, form)
    assert time.monotonic() - started < 3
    started = time.monotonic()
    assert other.get(status).status_code == 503, "it was answered before"
    assert time.monotonic() - started < 3
    expect_unwell(visitor, "redis", "does not answer")
    assert len(limited.store.all_calls()) == 1
    if fault == "away":
        redis.start()
    else:
        redis.signal(signal.SIGCONT)
    assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202
    assert well(visitor)


def test_a_form_is_accepted_with_a_slow_redis(tmp_path: Path, redis: Redis) -> None:
    with (
        passed_on(lambda: redis.port, slower_by=0.3) as port,
        running_callme(tmp_path, redis_url=f"redis://127.0.0.1:{port}/0") as callme,
    ):
        assert callme.visitor().submit().status_code == 202


def test_connections_move_to_the_new_redis_primary_after_a_failover(
    tmp_path: Path, redis: Redis
) -> None:
    """Its connections stay open, and its name leads to the other from now on."""
    with stores.own_redis() as other:
        primary = [redis]
        with (
            passed_on(lambda: primary[0].port) as port,
            running_callme(tmp_path, redis_url=f"redis://127.0.0.1:{port}/0") as callme,
        ):
            visitor = callme.visitor()
            visitor.ask_for_call()
            form = visitor.fields(phone="(202) 555-0111")
            asked(redis, "REPLICAOF", "127.0.0.1", str(other.port))
            expect_unwell(visitor, "redis", "refuses writes")
            expect_refusal(visitor, form)
            primary[0] = other
            assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202
            assert well(visitor)


def test_a_full_redis_is_reported_by_readyz_and_check(
    tmp_path: Path, redis: Redis, vendor: StandIn
) -> None:
    with running_callme(tmp_path, redis_url=redis.url) as callme:
        visitor = callme.visitor()
        form = visitor.fields()
        asked(redis, "CONFIG", "SET", "maxmemory", "1")
        expect_unwell(visitor, "redis", "refuses writes")
        expect_refusal(visitor, form)
        settings = environment(
            callme.store, vendor.url, redis_url=redis.url, public_url="https://callme.example"
        )
        checked = run(tmp_path, settings, "check")
        assert (checked.returncode, checked.stderr) == (
            1,
            "callme: CALLME_REDIS_URL: Redis refuses writes\n",
        )
        asked(redis, "CONFIG", "SET", "maxmemory", "0")
        assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202


def asked(redis: Redis, *words: str) -> None:
    with RedisClient.from_url(redis.url) as client:
        client.execute_command(*words)


def test_connections_leave_a_postgresql_primary_that_became_read_only(
    tmp_path: Path, vendor: StandIn
) -> None:
    """What was connected before it did stays connected, and cannot write; what connects now can."""
    with stores.own_postgres() as server:
        store = Store(stores.new_database(server.server_url))
        store.set_up()
        with running(tmp_path, environment(store, vendor.url), *SERVE) as process:
            visitor = visitor_of(process)
            visitor.ask_for_call()
            wait_until(store.all_over, 20, "the first call is over")
            name = store.url.rpartition("/")[2]
            with psycopg.connect(server.server_url, autocommit=True) as operator:
                operator.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
                operator.execute("ALTER SYSTEM SET default_transaction_read_only = on")
                operator.execute("SELECT pg_reload_conf()")
            form = visitor.fields(phone="(202) 555-0111")
            readiness = visitor.get("/readyz")
            assert readiness.status_code == 200 or readiness.get_json()["database"] == "read-only"

            def accepted() -> bool:
                return visitor.post("/api/sites/acme/calls", data=form).status_code == 202

            wait_until(accepted, 10, "the new primary is used")
            wait_until(lambda: well(visitor), 10, "all is well")
            wait_until(lambda: len(vendor.phones) == 2, 20, "the second call is rung")
        store.close()


@contextmanager
def passed_on(port: Callable[[], int], slower_by: float = 0) -> Iterator[int]:
    """A proxy to a port of this machine, asked for at each connection, that delays every answer."""
    over = threading.Event()

    def pass_on(source: socket.socket, target: socket.socket, wait: float) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                over.wait(wait)
                target.sendall(data)

    def serve(listener: socket.socket, stack: ExitStack) -> None:
        with suppress(OSError):
            while not over.is_set():
                client = stack.enter_context(listener.accept()[0])
                server = stack.enter_context(socket.create_connection(("127.0.0.1", port())))
                for source, target, wait in ((client, server, 0.0), (server, client, slower_by)):
                    threading.Thread(
                        target=pass_on, args=(source, target, wait), daemon=True
                    ).start()

    with ExitStack() as stack, listen("127.0.0.1", 0) as listener:
        threading.Thread(target=serve, args=(listener, stack), daemon=True).start()
        yield int(listener.getsockname()[1])
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def test_one_visitors_limit_holds_exactly_across_two_web_processes(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """Of forty presses at once, spread over both, as many are let through as one process would let."""
    store = Store(postgres_url)
    store.set_up()
    settings = environment(store, redis_url=redis_url)
    with (
        running(tmp_path, settings, "web", "--port", "0") as one,
        running(tmp_path, settings, "web", "--port", "0") as other,
    ):
        visitors = [visitor_of(one), visitor_of(other)]
        visitors[1].address = visitors[0].address
        form = visitors[0].fields()
        with ThreadPoolExecutor(20) as pool:
            answers = list(
                pool.map(
                    lambda at: visitors[at % 2].post("/api/sites/acme/calls", data=form),
                    range(40),
                )
            )
        statuses = [answer.status_code for answer in answers]
        assert (statuses.count(202), statuses.count(429)) == (10, 30)
    store.close()
