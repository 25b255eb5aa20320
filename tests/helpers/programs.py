"""Programs that some tests need and `make test` does not install: servers and other browsers.

Where one is missing its tests are skipped, and the last lines of the run say so. The variables
`CALLME_TEST_STORES`, `CALLME_TEST_SERVERS` and `CALLME_TEST_ENGINES`, set to `required`, have
`python -m tests.install` install the programs of that group, and make a missing one a failure.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from tests.browser import chromium

_MISSING = "there is no {} here"


@dataclass(frozen=True)
class Program:
    """`packages` are Debian's; `group` is the variable that requires the program."""

    packages: tuple[str, ...]
    group: str
    find: Callable[[], object]

    @property
    def required(self) -> bool:
        return os.environ.get(self.group) == "required"


def on_path(name: str) -> Callable[[], str | None]:
    """Looks for a program also where Debian puts servers, which are not on everybody's PATH."""
    return lambda: shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")


def postgres_programs() -> Path | None:
    """The folder with initdb and postgres, which Debian does not put on the PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    debians = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debians[-1].parent if debians else None


def webkit() -> str | None:
    return shutil.which("WebKitWebDriver") if shutil.which("Xvfb") else None


def firefox() -> str | None:
    """Not the one that is a snap: it sees no profile of ours."""
    if found := shutil.which("firefox-esr"):
        return found
    return None if Path("/snap/bin/firefox").exists() else shutil.which("firefox")


_STORES, _SERVERS, _ENGINES = "CALLME_TEST_STORES", "CALLME_TEST_SERVERS", "CALLME_TEST_ENGINES"
PROGRAMS = {
    "PostgreSQL": Program(("postgresql",), _STORES, postgres_programs),
    "Redis": Program(("redis-server",), _STORES, on_path("redis-server")),
    "nginx": Program(("nginx-light",), _SERVERS, on_path("nginx")),
    "pgbouncer": Program(("pgbouncer",), _SERVERS, on_path("pgbouncer")),
    "promtool": Program(("prometheus",), _SERVERS, on_path("promtool")),
    "Firefox": Program(("firefox-esr",), _ENGINES, firefox),
    "Chromium's headless shell": Program(  # no test needs it: most run in a third of the time with it
        ("chromium-headless-shell",), _ENGINES, chromium.find_shell
    ),
    "WebKit": Program(("webkit2gtk-driver", "xvfb"), _ENGINES, webkit),
    "npm": Program(("npm",), _ENGINES, on_path("npm")),
}


def need(name: str) -> None:
    """Skip the test where this program is missing, or fail it if the program is required."""
    program = PROGRAMS[name]
    if program.find():
        return
    if program.required:
        pytest.fail(f"{_MISSING.format(name)}, though {program.group} says that it is required")
    missing(name)


def missing(name: str) -> NoReturn:
    pytest.skip(_MISSING.format(name))


def summary(reasons: Iterable[str]) -> Iterator[str]:
    """One line for each program that tests were skipped for, and how to get it."""
    count = Counter(reasons)
    for name, program in PROGRAMS.items():
        if tests := sum(n for reason, n in count.items() if _MISSING.format(name) in reason):
            packages = " ".join(program.packages)
            yield (
                f"{tests} tests were skipped, as {_MISSING.format(name)}. "
                f"Debian has it as {packages}; {program.group}=required installs it, as root."
            )
