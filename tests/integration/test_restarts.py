"""In a restart under load no request fails, no call is lost, and none is rung twice."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.chaos.machines import Servers
from tests.helpers.callme import Store, Visitor
from tests.helpers.processes import RemoteClient, environment, running, visitor_of
from tests.helpers.vendors import stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus

pytestmark = [pytest.mark.process, pytest.mark.unmeasured]

IN_FLIGHT = 50
PROBE_SECONDS = 0.05
SERVE = ("serve", "--port", "0")


def test_sigterm_with_fifty_phones_ringing_loses_none_and_rings_none_twice(tmp_path: Path) -> None:
    """The next process dials ten more calls, which were accepted but not yet dialled."""
    store = Store(tmp_path / "callme.db")
    store.set_up()
    with stand_in(delay=600) as vendor:
        settings = environment(store, vendor.url, max_calls_in_flight=IN_FLIGHT)
        with running(tmp_path, settings, *SERVE) as server:
            for number in range(IN_FLIGHT + 10):
                visitor_of(server).ask_for_call(phone=f"202 5{number:02} 2000".replace("5", "3", 1))
            wait_until(lambda: len(vendor.phones) == IN_FLIGHT, 20, "fifty phones ring")
            server.send(signal.SIGTERM)
            server.wait_for("(stopping: waits for calls in flight)")
            vendor.let_all_answer()
            assert server.wait(20) == 0
        statuses = store.statuses()
        assert statuses.count(CallStatus.CONNECTED) == IN_FLIGHT
        assert statuses.count(CallStatus.QUEUED) == 10
        with running(tmp_path, settings, *SERVE):
            wait_until(store.all_over, 20, "the others are rung")
        assert set(store.statuses()) == {CallStatus.CONNECTED}
        assert len(vendor.phones) == len(set(vendor.phones)) == IN_FLIGHT + 10
    store.check_events()
    store.close()


class Balancer:
    """Sends each request to a server that reports it is ready, as any load balancer does."""

    def __init__(self, origins: list[str]) -> None:
        self.ready = list(origins)
        self.failed: list[str] = []
        self.served = 0
        self._origins = origins
        self._over = threading.Event()
        self._turn = 0

    def probe(self) -> None:
        while not self._over.wait(PROBE_SECONDS):
            self.ready = [origin for origin in self._origins if self._is_ready(origin)]

    def visit(self) -> None:
        """Ask for calls and follow them until the restart is over; every failure is recorded."""
        number = 0
        while not self._over.wait(0.02):
            number += 1
            self._turn += 1
            visitor = Visitor(RemoteClient(self.ready[self._turn % len(self.ready)]))
            try:
                call_id = visitor.ask_for_call(phone=self._number())
                visitor = Visitor(RemoteClient(self.ready[self._turn % len(self.ready)]))
                answer = visitor.get(f"/api/calls/{call_id}")
                assert answer.status_code == 200, answer.text
            except (OSError, HTTPException, AssertionError) as error:
                self.failed.append(repr(error))
            else:
                self.served += 1

    def stop(self) -> None:
        self._over.set()

    def _number(self) -> str:
        line = self._turn
        return f"+1202{300 + line // 1000}{2000 + line % 1000}"

    def _is_ready(self, origin: str) -> bool:
        try:
            return Visitor(RemoteClient(origin)).get("/readyz").status_code == 200
        except (OSError, HTTPException):
            return False


@contextmanager
def visited(balancer: Balancer) -> Iterator[None]:
    with ThreadPoolExecutor(3) as pool:
        tasks = [pool.submit(balancer.probe), *(pool.submit(balancer.visit) for _ in range(2))]
        try:
            yield
        finally:
            balancer.stop()
        for task in tasks:
            task.result(30)


def test_a_rolling_restart_under_load_fails_no_request(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """Each web and dispatch process in turn is stopped and started, once the one before is back."""
    store = Store(postgres_url)
    store.set_up()
    web, dispatch = ("web-1", "web-2"), ("dispatch-1", "dispatch-2")
    with stand_in(delay=0.3) as vendor:
        settings = environment(store, vendor.url, redis_url=redis_url, leave_seconds=0.5)
        servers = Servers(tmp_path, settings)
        try:
            for name in (*web, *dispatch):
                servers.start(name)
            for name in (*web, *dispatch):
                servers.ready(name)
            balancer = Balancer(servers.origins)
            with visited(balancer):
                for name in (*web, *dispatch):
                    servers.stop(name)
                    servers.start(name)
                    servers.ready(name)
                    wait_until(lambda: len(balancer.ready) == 2, 10, "both are ready")
                settled = time.monotonic()
                wait_until(lambda: time.monotonic() - settled > 0.5, 5, "some more visitors")
            wait_until(store.all_over, 30, "every call is over")
        finally:
            servers.end()
        assert balancer.failed == []
        assert balancer.served > 50
        assert set(store.statuses()) == {CallStatus.CONNECTED}
        assert len(vendor.phones) == len(set(vendor.phones)) == balancer.served
    store.check_events()
    store.close()
