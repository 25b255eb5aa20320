"""The processes that are killed, frozen and cut off: one on SQLite, or many on PostgreSQL and Redis."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from threading import Event

import psycopg

from tests.helpers import stores
from tests.helpers.callme import Store, Visitor
from tests.helpers.processes import WARM, Process, RemoteClient, environment
from tests.helpers.sites import both_sites
from tests.helpers.stores import Postgres, Redis
from tests.helpers.waiting import wait_until

LEASE_SECONDS = 2.0
SETTINGS = {
    "calls_per_day": 1_000_000,
    "lease_seconds": LEASE_SECONDS,
    "dialogtech_connect_timeout": 2,
    "dialogtech_read_timeout": 2,
}
READY_SECONDS = 60
LIMITED_SITES = both_sites(
    limits={"per_hour": 100_000, "per_day": 1_000_000, "number_pause_seconds": 30},
    retry={"times": 1, "after_minutes": 1},
    quiet={"from": "03:59", "until": "04:00"},
)
"""Sites whose limits are counted for every call but never reached, as only another try of a busy phone
uses a number twice. At nearly every hour phones may be tried again."""


class Servers:
    """Callme's processes by name. Each has a fixed port, so that it comes back at the same address."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self._settings = settings
        self._ports: dict[str, int] = {}
        self._running: dict[str, Process] = {}

    @property
    def origins(self) -> list[str]:
        """The origins of the processes that visitors can reach."""
        return [f"http://127.0.0.1:{port}" for port in self._ports.values()]

    def start(self, name: str) -> None:
        """`web-1` is `callme web`, `dispatch-2` is `callme dispatch`."""
        command = name.partition("-")[0]
        arguments = [command]
        if command != "dispatch":
            self._ports.setdefault(name, stores.free_port())
            arguments += ["--port", str(self._ports[name])]
        self._running[name] = Process((*WARM, *arguments), self._settings, self._folder)

    def ready(self, name: str) -> None:
        """Wait until it is ready."""
        process = self._running[name]
        if name not in self._ports:
            process.wait_for("(dispatcher is running)", READY_SECONDS)
            return
        visitor = Visitor(RemoteClient(f"http://127.0.0.1:{self._ports[name]}"))

        def answers() -> bool:
            process.fail_if_ended()
            try:
                return visitor.get("/readyz").status_code == 200
            except OSError:
                return False

        wait_until(answers, READY_SECONDS, f"{name} to be ready")

    def kill(self, name: str) -> None:
        """Send SIGKILL, and wait until the last of its workers has let go of the port."""
        self._running.pop(name).kill()
        if port := self._ports.get(name):
            wait_until(lambda: stores.is_free(port), READY_SECONDS, f"{name} to be gone")

    def send(self, name: str, number: signal.Signals) -> None:
        self._running[name].send(number)

    def stop(self, name: str) -> None:
        """Send SIGTERM, and wait until the process has ended by itself."""
        process = self._running.pop(name)
        process.send(signal.SIGTERM)
        assert process.wait(READY_SECONDS) == 0, process.output

    def end(self) -> None:
        for process in self._running.values():
            process.send(signal.SIGCONT)
            process.kill()


def kill_again_and_again(servers: Servers, times: int, random: Random) -> None:
    """Send SIGKILL at any moment: during the start, a call or a commit. A slow machine gets more time
    for each of these."""
    pace = 1.6
    for _ in range(times):
        began = time.monotonic()
        servers.start("serve")
        if random.random() < 0.9:
            servers.ready("serve")
            pace = max(pace, time.monotonic() - began)
        Event().wait(random.uniform(0, pace))
        servers.kill("serve")
    servers.start("serve")
    servers.ready("serve")


class Cluster:
    """Two web and three dispatch processes on one PostgreSQL and one Redis."""

    WEB = ("web-1", "web-2")
    DISPATCH = ("dispatch-1", "dispatch-2", "dispatch-3")

    def __init__(self, servers: Servers, postgres: Postgres, redis: Redis, random: Random) -> None:
        self.servers = servers
        self._postgres = postgres
        self._redis = redis
        self._random = random
        self.faults: Sequence[Callable[[], None]] = (
            self._kill_a_dispatcher,
            self._freeze_a_dispatcher,
            self._kill_a_web_process,
            self._cut_connections,
            self._restart_redis,
            self._restart_postgres,
            self._crash_postgres,
        )

    def start(self) -> None:
        for name in (*self.WEB, *self.DISPATCH):
            self.servers.start(name)
        for name in (*self.WEB, *self.DISPATCH):
            self.servers.ready(name)

    def disturb(self, times: int) -> None:
        """Cause each fault in turn, in another order each round."""
        done = 0
        while done < times:
            for fault in self._random.sample(self.faults, len(self.faults)):
                if done == times:
                    return
                fault()
                self._wait(0.3, 1.0)
                done += 1

    def _kill_a_dispatcher(self) -> None:
        name = self._random.choice(self.DISPATCH)
        self.servers.kill(name)
        self._wait(0, 1)
        self.servers.start(name)

    def _freeze_a_dispatcher(self) -> None:
        """For longer than its lease, so that others settle its calls as unknown before it wakes up."""
        name = self._random.choice(self.DISPATCH)
        self.servers.send(name, signal.SIGSTOP)
        self._wait(LEASE_SECONDS + 1, LEASE_SECONDS + 3)
        self.servers.send(name, signal.SIGCONT)

    def _kill_a_web_process(self) -> None:
        name = self._random.choice(self.WEB)
        self.servers.kill(name)
        self.servers.start(name)

    def _cut_connections(self) -> None:
        with psycopg.connect(self._postgres.server_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    def _restart_redis(self) -> None:
        self._redis.stop(signal.SIGKILL)
        self._wait(0, 1)
        self._redis.start()

    def _restart_postgres(self) -> None:
        self._postgres.stop()
        self._wait(0, 1)
        self._postgres.start()

    def _crash_postgres(self) -> None:
        self._postgres.stop(signal.SIGQUIT)
        self._postgres.start()

    def _wait(self, least: float, most: float) -> None:
        Event().wait(self._random.uniform(least, most))


@contextmanager
def one_process(folder: Path, vendor_url: str) -> Iterator[tuple[Store, Servers]]:
    store = Store(folder / "callme.db")
    store.set_up(LIMITED_SITES)
    servers = Servers(folder, environment(store, vendor_url, **SETTINGS))
    try:
        yield store, servers
    finally:
        servers.end()
        store.close()


@contextmanager
def many_processes(
    folder: Path, vendor_url: str, random: Random
) -> Iterator[tuple[Store, Cluster]]:
    with ExitStack() as stack:
        postgres = stack.enter_context(stores.own_postgres())
        redis = stack.enter_context(stores.own_redis())
        store = Store(stores.new_database(postgres.server_url))
        stack.callback(store.close)
        store.set_up(LIMITED_SITES)
        settings = environment(store, vendor_url, redis_url=redis.url, **SETTINGS)
        servers = Servers(folder, settings)
        stack.callback(servers.end)
        yield store, Cluster(servers, postgres, redis, random)
