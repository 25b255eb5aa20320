"""A program that runs beside a test, in a process group of its own that ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import pytest

from tests.helpers.waiting import wait_until

T = TypeVar("T")

START_SECONDS = 90.0
STOP_SECONDS = 5.0


class Program:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process = process
        self._log = log

    def wait_until(self, condition: Callable[[], T], what: str) -> T:
        """As the program starts. If it does not, what it wrote is told."""

        def started() -> T:
            code = self._process.poll()
            assert code is None, f"it ended by itself with code {code}"
            return condition()

        try:
            return wait_until(started, START_SECONDS, what)
        except (AssertionError, pytest.fail.Exception) as fault:
            wrote = self._log.read_text(errors="replace")
            pytest.fail(f"{self._process.args!r} did not start: {fault}\n{wrote[-4000:]}")

    def end(self) -> None:
        """With all that it started: a browser has a process for each of its pages."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)


@contextmanager
def running(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    pass_fds: Sequence[int] = (),
) -> Iterator[Program]:
    """What it keeps, it keeps in `folder`; what it writes goes to a log there."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(command),
            cwd=folder,
            env={**os.environ, "HOME": str(folder), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            start_new_session=True,
        )
    program = Program(process, log)
    try:
        yield program
    finally:
        program.end()
