"""What accepting a call is compared with: the least that a Flask route can do and still keep the number.

Runs under webapp/server.py's own settings of gunicorn, so that only the application differs.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time

from flask import Flask, request
from flask.typing import ResponseReturnValue

from benchmarks.servers import CALLS

HELLO = "/hello"
DATABASE = "BENCHMARK_BARE_DATABASE"
"""Names the SQLite file, in the environment."""


def create_app() -> Flask:
    """One POST route: the number that was sent, one INSERT, committed, and 202."""
    app = Flask(__name__)
    path = os.environ[DATABASE]
    threads = threading.local()

    def connection() -> sqlite3.Connection:
        if not hasattr(threads, "connection"):
            threads.connection = _open(path)
        opened: sqlite3.Connection = threads.connection
        return opened

    with _open(path) as first:
        first.execute("CREATE TABLE requests (id INTEGER PRIMARY KEY, phone TEXT, at REAL)")

    @app.post(CALLS)
    def accept() -> ResponseReturnValue:
        opened = connection()
        opened.execute(
            "INSERT INTO requests (phone, at) VALUES (?, ?)", (request.form["phone"], time.time())
        )
        opened.commit()
        return {"status": "queued"}, 202

    @app.get(HELLO)
    def hello() -> ResponseReturnValue:
        return "hello"

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        return {}

    return app


def _open(path: str) -> sqlite3.Connection:
    opened = sqlite3.connect(path, timeout=5)
    opened.execute("PRAGMA journal_mode = WAL")
    opened.execute("PRAGMA synchronous = FULL")
    return opened
