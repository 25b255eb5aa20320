"""The base that accepting a call is compared with: the least that a Flask route can do to store the
number, and the same with Flask-WTF, Flask-Limiter and phonenumbers, but without our own guards.

It runs under gunicorn with the settings in webapp/server.py, so that only the application differs.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable

import phonenumbers
from flask import Flask, request
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField, ValidationError
from wtforms.fields.core import Field

from benchmarks.servers import CALLS
from webapp.web.counters import ProcessStorage

HELLO = "/hello"
DATABASE = "BENCHMARK_BARE_DATABASE"
"""The environment variable that names the SQLite file."""


View = Callable[[], ResponseReturnValue]


class PhoneForm(FlaskForm):  # type: ignore[misc]
    """The same fields as in our form, of which only the phone is validated."""

    class Meta:
        csrf = False

    phone = StringField()
    country = StringField()
    receptionist = StringField()
    consent = StringField()
    website = StringField()
    request_id = HiddenField()
    token = HiddenField()

    def validate_phone(self, field: Field) -> None:
        if not phonenumbers.is_valid_number(phonenumbers.parse(field.data, "US")):
            raise ValidationError("no number")


def create_app(*, packages: bool = False) -> Flask:
    """One POST route that stores the number with one committed INSERT and returns 202. With `packages`,
    the packages guard it as their own guides show.
    """
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

    def accept() -> ResponseReturnValue:
        opened = connection()
        opened.execute(
            "INSERT INTO requests (phone, at) VALUES (?, ?)", (request.form["phone"], time.time())
        )
        opened.commit()
        return {"status": "queued"}, 202

    app.post(CALLS)(_with_packages(app, accept) if packages else accept)

    @app.get(HELLO)
    def hello() -> ResponseReturnValue:
        return "hello"

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        return {}

    return app


def _with_packages(app: Flask, accept: View) -> View:
    def checked() -> ResponseReturnValue:
        form = PhoneForm()
        return accept() if form.validate() else (form.errors, 422)

    limiter = Limiter(
        lambda: request.headers["X-Forwarded-For"],
        app=app,
        strategy="moving-window",
        # Our own storage, under the name the library knows it by: the library's fails with many threads.
        storage_uri=f"{ProcessStorage.STORAGE_SCHEME[0]}://",
    )
    limited: View = limiter.limit("10/minute; 60/hour")(checked)
    return limited


def _open(path: str) -> sqlite3.Connection:
    opened = sqlite3.connect(path, timeout=5)
    opened.execute("PRAGMA journal_mode = WAL")
    opened.execute("PRAGMA synchronous = FULL")
    return opened
