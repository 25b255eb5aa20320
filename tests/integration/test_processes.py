"""The commands that run servers start, ring, stop and crash as promised, as real processes."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.callme import Store
from tests.helpers.calls import a_call
from tests.helpers.processes import CALLME, GUNICORN, environment, run, running, visitor_of
from tests.helpers.vendors import StandIn, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.listening import listen
from webapp.providers.base import Answer, CallOrder
from webapp.providers.dialogtech import DialogTech

pytestmark = pytest.mark.process

LEASE_SECONDS = 3
SERVE = ("serve", "--port", "0")

STOPPED = """
import os
import signal
from functools import partial
from tests.helpers.waiting import wait_until
from webapp import factory, server
from webapp.server import *

bind = "127.0.0.1:0"
create_app = partial(factory.create_app, dispatcher=True)
"""
BEFORE_ITS_FIRST_STEP = f"""{STOPPED}
from pathlib import Path
from gunicorn.arbiter import Arbiter

os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])  # the new process mostly waits for us

def stop_at_once():
    me = os.getpid()
    for worker in Path(f"/proc/{{{{me}}}}/task/{{{{me}}}}/children").read_text().split():
        os.kill(int(worker), passed_on[signal.{{signal}}])
    Arbiter.kill_workers = lambda *_: None  # the worker has it already
    os.kill(me, signal.{{signal}})

passed_on = {{{{signal.SIGTERM: signal.SIGTERM, signal.SIGINT: signal.SIGQUIT}}}}
os.register_at_fork(after_in_parent=stop_at_once)
"""
BEFORE_ITS_HANDLERS = f"""{STOPPED}
def post_fork(arbiter, worker):
    os.kill(arbiter.pid, signal.{{signal}})
    wait_until(lambda: not arbiter.SIG_QUEUE.empty(), 20, "the arbiter passes the signal on")
    server.post_fork(arbiter, worker)
"""
WHILE_IT_LOADS = f"""{STOPPED}
def create_app():
    heard = signal.getsignal(signal.SIGTERM).__self__
    os.kill(os.getppid(), signal.{{signal}})
    wait_until(lambda: not heard.alive, 20, "the arbiter passes the signal on")
    return factory.create_app(dispatcher=True)
"""
"""Our configuration and application, with a signal that reaches the worker at that moment."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "callme.db")
    made.set_up()
    yield made
    made.check_events()
    made.database.close()


@pytest.fixture
def ringing() -> Iterator[StandIn]:
    """A vendor whose phones ring until `let_all_answer()`."""
    with stand_in(delay=600) as vendor:
        yield vendor


def test_a_call_in_progress_at_kill_9_becomes_unknown_and_is_not_redialled(
    tmp_path: Path, store: Store, ringing: StandIn
) -> None:
    """A call that was accepted but not yet dialled when the power went off is not lost either."""
    settings = environment(store, ringing.url, max_calls_in_flight=1, lease_seconds=LEASE_SECONDS)
    with running(tmp_path, settings, *SERVE) as server:
        visitor = visitor_of(server)
        dialled = visitor.ask_for_call(phone="(202) 555-0122")
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        waiting = visitor.ask_for_call(phone="(202) 555-0133")
        server.kill()
    assert store.status(dialled) is CallStatus.DIALING
    assert store.status(waiting) is CallStatus.QUEUED
    with running(tmp_path, settings, *SERVE):
        wait_until(
            lambda: store.status(dialled) is CallStatus.UNKNOWN,
            LEASE_SECONDS + 20,
            "the lease has run out",
        )
        assert store.call(dialled).reason == "lease_expired"
        wait_until(lambda: "2025550133" in ringing.phones, 10, "the waiting call is dialled")
        ringing.let_all_answer()
        wait_until(lambda: store.status(waiting) is CallStatus.CONNECTED, 10, "it is answered")
    assert ringing.phones == ["2025550122", "2025550133"]


def test_sigterm_lets_the_phone_that_rings_be_answered(
    tmp_path: Path, store: Store, ringing: StandIn
) -> None:
    with running(tmp_path, environment(store, ringing.url), *SERVE) as server:
        call_id = visitor_of(server).ask_for_call()
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        server.send(signal.SIGTERM)
        server.wait_for("(Handling signal: term)")
        assert store.status(call_id) is CallStatus.DIALING
        ringing.let_all_answer()
        assert server.wait() == 0
        assert "Traceback" not in server.output
    assert store.status(call_id) is CallStatus.CONNECTED


@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
@pytest.mark.parametrize("moment", [BEFORE_ITS_FIRST_STEP, BEFORE_ITS_HANDLERS, WHILE_IT_LOADS])
def test_a_server_that_is_stopped_while_its_worker_starts_ends_at_once(
    tmp_path: Path, store: Store, moment: str, number: str
) -> None:
    """A worker that missed the signal would go on serving, and the server would wait for minutes."""
    waiting = store.add(a_call())
    (tmp_path / "stopped.py").write_text(moment.format(signal=number))
    words = ("--config", "stopped.py", "stopped:create_app()")
    with running(tmp_path, environment(store), *words, command=GUNICORN) as server:
        server.wait_for("(Booting worker)")
        assert server.wait(30) == 0
        assert "Traceback" not in server.output
    assert store.attempts(waiting.id) == 0, "a server that is to end begins nothing"


def test_ctrl_c_does_not_wait_for_the_phone(tmp_path: Path, store: Store, ringing: StandIn) -> None:
    with running(tmp_path, environment(store, ringing.url), *SERVE) as server:
        call_id = visitor_of(server).ask_for_call()
        wait_until(lambda: ringing.phones, 10, "the phone rings")
        server.send(signal.SIGINT)
        assert server.wait() == 0
        assert "they will be unknown in_flight=1" in server.output
        assert "Traceback" not in server.output
    assert store.status(call_id) is CallStatus.DIALING


def test_web_and_dispatch_as_two_processes_on_one_file_ring_a_phone(
    tmp_path: Path, store: Store, vendor: StandIn
) -> None:
    settings = environment(store, vendor.url)
    with (
        running(tmp_path, settings, "dispatch", command=CALLME) as dispatch,
        running(tmp_path, settings, "web", "--port", "0", command=CALLME) as web,
    ):
        visitor = visitor_of(web)
        assert visitor.get("/readyz").get_json() == {"server": "ok", "database": "ok"}
        call_id = visitor.ask_for_call()
        wait_until(lambda: store.status(call_id).final, 20, "the call's end")
        for process in (dispatch, web):
            process.send(signal.SIGTERM)
            assert process.wait() == 0, process.output
            assert "Traceback" not in process.output
    assert store.status(call_id) is CallStatus.CONNECTED
    assert vendor.phones == ["2025550100"]


def test_dispatch_waits_for_its_calls_on_sigterm_and_not_on_ctrl_c(
    tmp_path: Path, store: Store, ringing: StandIn
) -> None:
    settings = environment(store, ringing.url)
    with running(tmp_path, settings, "web", "--port", "0") as web:
        visitor = visitor_of(web)
        with running(tmp_path, settings, "dispatch") as quick:
            left = visitor.ask_for_call(phone="(202) 555-0122")
            wait_until(lambda: len(ringing.phones) == 1, 20, "the first phone rings")
            quick.send(signal.SIGINT)
            assert quick.wait() == 0
        assert store.status(left) is CallStatus.DIALING
        with running(tmp_path, settings, "dispatch") as graceful:
            waiting = visitor.ask_for_call(phone="(202) 555-0133")
            wait_until(lambda: len(ringing.phones) == 2, 20, "the second phone rings")
            graceful.send(signal.SIGTERM)
            ringing.let_all_answer()
            assert graceful.wait() == 0
        assert store.status(waiting) is CallStatus.CONNECTED


def test_serve_makes_a_new_database_by_itself(tmp_path: Path) -> None:
    made = Store(tmp_path / "new" / "deep" / "callme.db")
    with running(tmp_path, environment(made), *SERVE, command=CALLME) as server:
        assert visitor_of(server).get("/readyz").status_code == 200
        server.send(signal.SIGTERM)
        assert server.wait() == 0
    assert made.path.exists()
    made.database.close()


def test_the_stand_in_alone_answers_as_the_vendor_does(tmp_path: Path) -> None:
    with running(tmp_path, environment(), "sandbox", "--port", "0", "--delay", "0") as sandbox:
        address = sandbox.wait_for(r"answers at (http://127\.0\.0\.1:\d+/ibp_api\.php)")
        vendor = DialogTech(address, "foo", "bar", connect_timeout=5, read_timeout=5)
        order = CallOrder("a-call", "+12025550100", "55443322")
        assert vendor.place_call(order) is Answer.CONNECTED
        sandbox.send(signal.SIGINT)
        assert sandbox.wait() == 0


def test_a_port_that_is_taken_is_told_in_one_line(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        for command in ("serve", "web"):
            new = Store(tmp_path / f"new-{command}" / "callme.db")
            second = run(tmp_path, environment(new), command, "--port", port)
            assert second.returncode == 1
            assert not new.path.exists(), "nothing is changed"
            said = f"callme: port {port} of 127.0.0.1 is in use; choose another with --port\n"
            assert (second.stdout, second.stderr) == ("", said)
