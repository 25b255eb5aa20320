"""Runs the bare Flask applications in bare.py as servers with our own settings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import bare
from benchmarks.servers import HOST, Server, clean_environment, free_port, running


@contextmanager
def bare_server(folder: Path, *, packages: bool = False) -> Iterator[Server]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn"),
        *("--config", "python:webapp.server"),
        *("--bind", f"{HOST}:{port}"),
        f"benchmarks.bare:create_app({packages=})",
    ]
    environment = clean_environment() | {bare.DATABASE: str(folder / f"bare-{port}.db")}
    with running(command, port, "/readyz", environment, folder) as server:
        yield server
