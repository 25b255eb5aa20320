"""Starts Callme's commands from a process that has loaded Callme already.

Each is a process as real as any, with its own session, folder, environment and output, but it does not
load for a second what it runs for a moment: it is forked from a launcher, of which each test process has
one. The launcher ends when the test process does. Run as a program, this module is that launcher.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from coverage import Coverage

ROOT = Path(__file__).parents[2]

LOADED = (
    *(f"webapp.cli.{name}" for name in ("calls", "check", "db", "dispatch", "hooks", "pause")),
    *(f"webapp.cli.{name}" for name in ("refusals", "retention", "sandbox", "sites", "suppress")),
    "webapp.factory",
    "alembic.command",
    "psycopg",
    "redis",
)
"""What the launcher loads. gunicorn's own settings are not part of it: these read the folder and the
environment when they are loaded."""

_MEASURES = "COVERAGE_PROCESS_CONFIG"
"""The variable by which processes learn that their coverage is measured."""

_ENVIRON = dict(os.environ)

_LONGEST_MESSAGE = 1 << 20
_REPORT = struct.Struct("!?q")
"""First False and the process's number, then, maybe soon after it, True and the exit code."""


class Started:
    """A process that the launcher has started, with the part of Popen's interface that tests use."""

    def __init__(self, report: socket.socket, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._report = report
        self._lock = threading.Lock()

    def poll(self) -> int | None:
        return self._end(0)

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, which is a signal's negative number if one has killed the process."""
        if (code := self._end(timeout)) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def _end(self, seconds: float | None) -> int | None:
        with self._lock:
            if self.returncode is None and select.select([self._report], [], [], seconds)[0]:
                _, self.returncode = _next_report(self._report)
                self._report.close()
        return self.returncode


def _next_report(report: socket.socket) -> tuple[bool, int]:
    received = report.recv(_REPORT.size, socket.MSG_WAITALL)
    ended, number = _REPORT.unpack(received) if received else (True, -signal.SIGKILL)
    return bool(ended), int(number)


class Launcher:
    """The client of the launcher's process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                env=_ENVIRON,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        environ: Mapping[str, str],
        output: int,
        errors: int,
    ) -> Started:
        """Run `python -m WORDS`, which writes to those two file descriptors and reads nothing."""
        message = json.dumps([list(words), str(folder), dict(environ)]).encode()
        report, theirs = socket.socketpair()
        with self._lock:
            with theirs:
                fds = [theirs.fileno(), output, errors]
                sent = socket.send_fds(self._requests, [message + b"\n"], fds)
                self._requests.sendall((message + b"\n")[sent:])
            ended, pid = _next_report(report)
        assert not ended, f"no process could be started: {pid}"
        return Started(report, pid)

    def end(self) -> None:
        self._requests.close()
        self._process.wait()


@contextmanager
def unmeasured(measured: Coverage) -> Iterator[None]:
    """Measure nothing, neither here nor in processes that are started."""
    config = os.environ.pop(_MEASURES, None)
    _stop_measuring()
    try:
        yield
    finally:
        measured.start()
        if config:
            os.environ[_MEASURES] = config


def _stop_measuring() -> None:
    """There may be several at it: xdist's processes are measured as processes and by pytest-cov as well,
    and as soon as one stops, the one before goes on."""
    while measured := Coverage.current():
        measured.stop()


_started: list[Launcher] = []
_starting = threading.Lock()


def launcher() -> Launcher:
    """The launcher of this test process, started when it is first needed."""
    with _starting:
        if not _started:
            _started.append(Launcher())
        return _started[0]


def end_launcher() -> None:
    while _started:
        _started.pop().end()


class _Request(NamedTuple):
    words: list[str]
    folder: str
    environ: dict[str, str]
    report: socket.socket
    output: int
    errors: int


def _receive(requests: socket.socket) -> _Request | None:
    """The next request; None when the test process has ended."""
    message, fds, _, _ = socket.recv_fds(requests, _LONGEST_MESSAGE, 3)
    while message and not message.endswith(b"\n"):
        message += requests.recv(_LONGEST_MESSAGE)
    if not message:
        return None
    report, output, errors = fds
    words, folder, environ = json.loads(message)
    return _Request(words, folder, environ, socket.socket(fileno=report), output, errors)


def _take_requests(requests: socket.socket) -> _Request | None:
    """Fork for each request and report each end. Returns in the new process, with its request, and in
    the launcher at the end."""
    ended, wake = socket.socketpair()
    wake.setblocking(False)
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    reports: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([requests, ended], [], [])
        if ended in ready:
            ended.recv(4096)
            _report_ends(reports)
        if requests not in ready:
            continue
        request = _receive(requests)
        if not request:
            return None
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for one in (requests, ended, wake, *reports.values()):
                one.close()
            return request
        reports[pid] = request.report
        for fd in (request.output, request.errors):
            os.close(fd)


def _report_ends(reports: dict[int, socket.socket]) -> None:
    while reports:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        with reports.pop(pid) as report, suppress(OSError):  # nobody may be left to hear it
            report.send(_REPORT.pack(True, os.waitstatus_to_exitcode(status)))


def _become(request: _Request) -> None:
    """Be what `python -m WORDS` would be in that folder and environment."""
    os.setsid()
    with request.report as report:
        report.send(_REPORT.pack(False, os.getpid()))
    for source, target in ((request.output, 1), (request.errors, 2)):
        os.dup2(source, target)
        os.close(source)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environ)
    if _MEASURES not in os.environ:
        _stop_measuring()
    if path := request.environ.get("PYTHONPATH"):
        sys.path[1:1] = path.split(os.pathsep)
        sys.modules.pop("sitecustomize", None)
        with suppress(ImportError):
            import_module("sitecustomize")
    sys.path[0] = request.folder
    module, *arguments = request.words
    sys.argv = ["", *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _main() -> None:
    for name in LOADED:
        import_module(name)
    assert "gunicorn.config" not in sys.modules
    gc.freeze()
    if request := _take_requests(socket.socket(fileno=int(sys.argv[1]))):
        _become(request)


if __name__ == "__main__":
    _main()
