"""Runs Callme's commands as processes, and has a test client that reaches them over the network."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse

from tests.helpers.callme import Store, Visitor, plain_settings
from tests.helpers.sites import ORIGIN
from tests.helpers.waiting import wait_until
from tests.helpers.warm import Started, launcher

START_SECONDS = 30.0
STOP_SECONDS = 10.0
CALLME = (sys.executable, "-m", "webapp")
WARM = ("webapp",)
"""The same, forked from a process that has loaded it already: for every test that is not of the start
itself, as loading takes most of the processor time of a short run. What Python reads at its own start,
such as PYTHONIOENCODING, has no effect there."""

GUNICORN = ("gunicorn",)
"""gunicorn with a configuration of the test's own, forked as well."""

_LISTENS = re.compile(r"Callme listens on (http://\S+?),")


def environment(
    store: Store | None = None, vendor_url: str = "", /, **more: object
) -> dict[str, str]:
    """The environment of a process: ours with these settings instead of its own.

    A setting is written as in Python: `trusted_proxy_hops=1`; None removes it.
    """
    settings: dict[str, object] = {}
    if store:
        settings = plain_settings(store, vendor_url)
        settings |= {"dialogtech_read_timeout": 60, "log_format": "text"}
    settings |= more
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CALLME_")}
    return ours | {
        f"CALLME_{name.upper()}": str(value)
        for name, value in settings.items()
        if value is not None
    }


def _start(
    command: tuple[str, ...], environ: Mapping[str, str], folder: Path, output: int, errors: int
) -> Started | subprocess.Popen[bytes]:
    if command[0] in (*WARM, *GUNICORN):
        return launcher().start(command, folder, environ, output, errors)
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        start_new_session=True,
    )


class Process:
    """A running command in a session of its own, with the output of it and its children so far."""

    def __init__(self, command: tuple[str, ...], environ: Mapping[str, str], folder: Path) -> None:
        self._lines: list[str] = []
        self.out: list[str] = []
        self.err: list[str] = []
        (out, output), (err, errors) = os.pipe(), os.pipe()
        try:
            self._process = _start(command, environ, folder, output, errors)
        finally:
            os.close(output)
            os.close(errors)
            self._readers = [self._read(out, self.out), self._read(err, self.err)]

    def _read(self, stream: int, kept: list[str]) -> threading.Thread:
        def collect() -> None:
            with open(stream) as lines:
                for line in lines:
                    kept.append(line)
                    self._lines.append(line)

        reader = threading.Thread(target=collect, daemon=True)
        reader.start()
        return reader

    @property
    def output(self) -> str:
        """Standard output and standard error."""
        return "".join(self._lines)

    def wait_for(self, pattern: re.Pattern[str] | str, seconds: float = START_SECONDS) -> str:
        """The first group of `pattern` once the output matches; fails if the process ends first."""

        def found() -> re.Match[str] | None:
            ended = self._process.poll() is not None
            match = re.search(pattern, self.output)
            if ended and not match:
                self._wait_for_silence()
                pytest.fail(f"ended with {self._process.returncode}:\n{self.output}")
            return match

        match = wait_until(found, seconds, f"{pattern} in the output:\n{self.output}")
        assert match
        return match[1]

    def fail_if_ended(self) -> None:
        """Fail the test if the process has ended by itself."""
        if self._process.poll() is not None:
            self._wait_for_silence()
            pytest.fail(f"ended with {self._process.returncode}:\n{self.output}")

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = STOP_SECONDS) -> int:
        """The exit code, once the process and every child that holds its output have ended."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still runs after {seconds} s:\n{self.output}")
        self._wait_for_silence()
        return code

    def _wait_for_silence(self) -> None:
        for reader in self._readers:
            reader.join(STOP_SECONDS)
        left = any(reader.is_alive() for reader in self._readers)
        assert not left, f"a child is left that holds the output:\n{self.output}"

    def family(self) -> list[int]:
        """The process and its descendants."""
        pids = [self._process.pid]
        for pid in pids:
            with suppress(FileNotFoundError, ProcessLookupError):  # it may end meanwhile
                for task in Path(f"/proc/{pid}/task").iterdir():
                    pids += map(int, (task / "children").read_text().split())
        return pids

    def kill(self) -> None:
        """kill -9, including its children: what a power cut leaves behind."""
        ended = self._process.poll() is not None
        # Once all of them have ended, their number may be that of somebody else's processes.
        if not ended or any(reader.is_alive() for reader in self._readers):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def end(self) -> None:
        """Leave nothing running, however the test went."""
        if self._process.poll() is None:
            self.send(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()


@contextmanager
def running(
    folder: Path, environ: Mapping[str, str], *arguments: str, command: tuple[str, ...] = WARM
) -> Iterator[Process]:
    """Run `callme ARGUMENTS` in `folder` until the block ends."""
    process = Process((*command, *arguments), environ, folder)
    try:
        yield process
    finally:
        process.end()


def run(
    folder: Path,
    environ: Mapping[str, str],
    *arguments: str,
    seconds: float = 60,
    command: tuple[str, ...] = WARM,
) -> subprocess.CompletedProcess[str]:
    """Run `callme ARGUMENTS` to its end."""
    with running(folder, environ, *arguments, command=command) as process:
        code = process.wait(seconds)
    return subprocess.CompletedProcess(arguments, code, "".join(process.out), "".join(process.err))


class RemoteClient:
    """Like Flask's test client, for a server in another process, over the network."""

    def __init__(self, origin: str) -> None:
        parts = urlsplit(origin)
        assert parts.hostname
        assert parts.port
        self._host, self._port = parts.hostname, parts.port

    def open(self, path: str, /, **request: Any) -> TestResponse:
        builder = EnvironBuilder(path, **request)
        wanted = builder.get_request()
        builder.close()
        headers = {name: value for name, value in wanted.headers.items() if name != "Host"}
        connection = HTTPConnection(self._host, self._port, timeout=START_SECONDS)
        try:
            target = wanted.environ["REQUEST_URI"]
            connection.request(wanted.method, target, wanted.get_data(), headers)
            answer = connection.getresponse()
            status = f"{answer.status} {answer.reason}"
            return TestResponse([answer.read()], status, Headers(answer.getheaders()), wanted)
        finally:
            connection.close()


def listens_on(server: Process) -> str:
    """The origin that `serve` or `web` announces."""
    return server.wait_for(_LISTENS)


def visitor_of(server: Process, origin: str | None = ORIGIN) -> Visitor:
    """A visitor of the server that `serve` or `web` announces."""
    return Visitor(RemoteClient(listens_on(server)), origin=origin)
