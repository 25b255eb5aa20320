"""Starts and stops the measured servers. Each is a process of its own, on loopback, with its own
database and settings in a folder that is thrown away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from email.message import Message
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, NamedTuple

import tomli_w

from benchmarks.table import BenchmarkError
from webapp.domain.clock import utc_now
from webapp.sandbox.landing import SITE_KEY, sample_sites
from webapp.sandbox.vendor import ACCESS_KEY, SECRET_ACCESS_KEY

HOST = "127.0.0.1"
ORIGIN = "https://www.harrow-sun.example"
"""The origin of the page that the benchmarks' visitors are on."""

CALLS = f"/api/sites/{SITE_KEY}/calls"
"""Where visitors submit forms."""

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build"
"""On the checkout's disk: /tmp may be in memory, where a commit costs nothing."""

SECRET_KEY = "only-for-benchmarks-" + "k" * 32
"""The client knows it too, and signs a fresh token for each submit."""

START_SECONDS = 20.0
STOP_SECONDS = 5.0
POLL_SECONDS = 0.01
_LOG_LINES = 15


class Fetched(NamedTuple):
    """A response, with its body as it is on the wire."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A server on loopback. `seconds` is how long it took from its start until it was ready."""

    pid: int
    port: int
    seconds: float = 0.0

    @property
    def origin(self) -> str:
        return f"http://{HOST}:{self.port}"

    def get(self, path: str, **headers: str) -> Fetched:
        """One GET on a connection of its own. Headers are written as in Python: `accept_encoding`."""
        connection = HTTPConnection(HOST, self.port, timeout=5)
        try:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET", path, headers=sent)
            answer = connection.getresponse()
            return Fetched(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Installation:
    """One Callme: a database with the sample site, and its settings.

    The database is a SQLite file in `folder`, unless `settings` name another. `limits` replace those of
    the sample site. The installation's own limit and the breaker are off, unless `settings` set them.
    """

    folder: Path
    vendor: str = f"http://{HOST}:9/ibp_api.php"
    settings: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    proof_of_work: str = "never"
    neighbour: str = ""
    """The key of a second site, without limits or proofs; empty for none."""

    hours: Mapping[str, Any] | None = None
    """Those of the site and of all of its receptionists, if they are not the sample site's."""

    page_origin: str = ORIGIN
    """The origin of the page that embeds the sample site."""

    @property
    def database_url(self) -> str:
        return self.settings.get("CALLME_DATABASE_URL", f"sqlite:///{self.folder / 'callme.db'}")

    def environment(self, port: int) -> dict[str, str]:
        ours = {
            "CALLME_SECRETS_DIR": str(self.folder),
            "CALLME_SECRET_KEY": SECRET_KEY,
            "CALLME_DATABASE_URL": self.database_url,
            "CALLME_PUBLIC_URL": f"http://{HOST}:{port}",
            "CALLME_TRUSTED_PROXY_HOPS": "1",
            "CALLME_CALLS_PER_DAY": "0",
            "CALLME_BREAKER_FAILURES": "0",
            "CALLME_DIALOGTECH_URL": self.vendor,
            "CALLME_DIALOGTECH_ACCESS_KEY": ACCESS_KEY,
            "CALLME_DIALOGTECH_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        }
        return {**clean_environment(), **ours, **self.settings}

    def prepare(self) -> None:
        """Make the database and store the sample site."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / "sites.toml"
        sites = tomllib.loads(sample_sites([self.page_origin], utc_now()))
        sites[SITE_KEY]["proof_of_work"] = self.proof_of_work
        if self.limits:
            sites[SITE_KEY]["limits"] = dict(self.limits)
        if self.hours:
            sites[SITE_KEY]["hours"] = dict(self.hours)
            for receptionist in sites[SITE_KEY]["receptionists"]:
                receptionist.pop("hours", None)
        if self.neighbour:
            free = {"number_pause_seconds": 0, "number_per_day": 0, "per_hour": 0, "per_day": 0}
            sites[self.neighbour] = {**sites[SITE_KEY], "limits": free, "proof_of_work": "never"}
        file.write_text(tomli_w.dumps(sites), "utf-8")
        done = subprocess.run(
            webapp("sites", "apply", str(file)),
            cwd=self.folder,
            env=self.environment(0),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise BenchmarkError(f"`callme sites apply` failed: {done.stderr.strip()}")

    @contextmanager
    def running(self, half: str) -> Iterator[Server]:
        """`callme web` or `callme serve`, once it is ready."""
        port = free_port()
        command = webapp(half, "--port", str(port))
        with running(command, port, "/readyz", self.environment(port), self.folder) as server:
            yield server


@contextmanager
def sandbox(folder: Path, delay: float) -> Iterator[Server]:
    """`callme sandbox`, whose phones are answered after `delay` seconds."""
    port = free_port()
    command = webapp("sandbox", "--port", str(port), "--delay", str(delay))
    with running(command, port, "/_sandbox/calls", clean_environment(), folder) as server:
        yield server


@contextmanager
def running(
    command: Sequence[str], port: int, ready: str, environment: Mapping[str, str], folder: Path
) -> Iterator[Server]:
    """A server from its start until it is ended. Once ready, it answers 200 at the path `ready`."""
    log = folder / f"{port}.log"
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        server = Server(process.pid, port)
        _wait_until_ready(process, server, ready, log)
        yield replace(server, seconds=time.monotonic() - started)
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Send Ctrl-C. If that does not help, kill the session that was started for it."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def token(server: Server, site: str = SITE_KEY) -> str:
    """A token, requested as a visitor's page does."""
    status, _, body = server.get(f"/api/sites/{site}/token", origin=ORIGIN)
    if status != 200:
        raise BenchmarkError(f"no token: {status} {body.decode()}")
    return str(json.loads(body)["token"])


def received(vendor: Server) -> list[dict[str, Any]]:
    """The calls that the stand-in has received so far."""
    return list(json.loads(vendor.get("/_sandbox/calls").body))


def webapp(*arguments: str) -> list[str]:
    """The command `callme`."""
    return [sys.executable, "-m", "webapp", *arguments]


def clean_environment() -> dict[str, str]:
    """This environment without the operator's own settings, but with this checkout's code.

    The servers run in the temporary folder, which has no `.env`.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CALLME_")}
    return kept | {"PYTHONPATH": str(ROOT)}


def free_port(following: int = 0) -> int:
    """A port that is free now, and so are the next `following` ones."""
    for _ in range(100):
        with ExitStack() as stack:
            listener = stack.enter_context(socket.create_server((HOST, 0)))
            port = int(listener.getsockname()[1])
            try:
                for more in range(1, following + 1):
                    stack.enter_context(socket.create_server((HOST, port + more)))
            except (OSError, OverflowError):
                continue
            return port
    raise BenchmarkError("no free port")


def _wait_until_ready(
    process: subprocess.Popen[bytes], server: Server, path: str, log: Path
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if server.get(path).status == 200:
                return
        except (OSError, HTTPException):
            pass  # not listening yet
        time.sleep(POLL_SECONDS)
    tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-_LOG_LINES:])
    raise BenchmarkError(f"{process.args!r} did not get ready:\n{tail}")
