"""The bare Flask application of bare.py, as a server under the settings of ours."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import bare
from benchmarks.servers import HOST, Server, clean_environment, free_port, running


@contextmanager
def bare_server(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "gunicorn"),
        *("--config", "python:webapp.server"),
        *("--bind", f"{HOST}:{port}"),
        "benchmarks.bare:create_app()",
    ]
    environment = clean_environment() | {bare.DATABASE: str(folder / "bare.db")}
    with running(command, port, "/readyz", environment, folder) as server:
        yield server
