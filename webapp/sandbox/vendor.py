"""The stand-in DialogTech: real HTTP, no phones. It holds the connection while a phone "rings"."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from flask import Flask, Response, abort, jsonify, request

from webapp.domain.clock import utc_now
from webapp.sandbox.outcomes import (
    BAD_KEYS,
    BAD_REQUEST,
    DEFAULT,
    OUTCOMES,
    OVERLOADED,
    Outcome,
    Way,
)

ACCESS_KEY, SECRET_ACCESS_KEY = "foo", "bar"
ENDLESS_BYTES = 50 * 1024 * 1024
SILENCE_SECONDS = 600.0
_SECRETS = ("access_key", "secret_access_key")


@dataclass
class Received:
    """One received request. `state` follows the call."""

    received_at: str
    method: str
    query: dict[str, str]
    outcome: str
    state: str = "ringing"


class Vendor:
    """The stand-in's state. `delay` is how many seconds a phone rings by default."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._received: list[Received] = []
        self._overloads: Counter[str] = Counter()

    def receive(self) -> tuple[Outcome, Received]:
        """Record the current request and choose its outcome."""
        query = {
            name: f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
            if name in _SECRETS
            else value
            for name, value in request.args.items()
        }
        with self._lock:
            outcome = self._choose()
            record = Received(
                utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                request.method,
                query,
                outcome.name,
            )
            self._received.append(record)
        return outcome, record

    def received(self) -> list[Received]:
        with self._lock:
            return list(self._received)

    def forget(self) -> None:
        with self._lock:
            self._received.clear()
            self._overloads.clear()

    def ring(self, outcome: Outcome) -> None:
        """Wait as long as this phone rings, or until the stand-in stops."""
        self.closing.wait(self.delay if outcome.rings is None else outcome.rings)

    def _choose(self) -> Outcome:
        if (request.args.get("access_key"), request.args.get("secret_access_key")) != (
            ACCESS_KEY,
            SECRET_ACCESS_KEY,
        ):
            return BAD_KEYS
        phone = request.args.get("phone_to_call", "")
        menu_id = request.args.get("menu_id", "")
        if request.args.get("action") != "clickto.vr" or not (
            phone.isdigit() and menu_id.isdigit()
        ):
            return BAD_REQUEST
        outcome = OUTCOMES.get(phone[-4:], DEFAULT)
        if outcome.way is Way.BUSY_TWICE:
            self._overloads[phone] = (self._overloads[phone] + 1) % 3
            return OVERLOADED if self._overloads[phone] else outcome
        return outcome


def create_vendor(delay: float = 1.0) -> Flask:
    """The stand-in as a Flask application."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # keeps the query's order
    vendor = Vendor(delay)
    app.extensions["vendor"] = vendor

    @app.get("/ibp_api.php")
    def ibp_api() -> Response:
        outcome, record = vendor.receive()
        if outcome.way is Way.SILENT:
            vendor.closing.wait(SILENCE_SECONDS)
            record.state = "dropped"
            return _hang_up()
        vendor.ring(outcome)
        if outcome.way is Way.DROPPED:
            record.state = "dropped"
            return _hang_up()
        record.state = "answered"
        if outcome.way is Way.ENDLESS:
            return Response(_endless(vendor.closing), mimetype="text/plain")
        return Response(outcome.body, outcome.status, outcome.headers, mimetype="text/plain")

    @app.get("/_sandbox/calls")
    def calls() -> Response:
        return jsonify([vars(record) for record in vendor.received()])

    @app.delete("/_sandbox/calls")
    def forget() -> tuple[str, int]:
        vendor.forget()
        return "", 204

    @app.after_request
    def readable_by_pages(response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return app


def _hang_up() -> Response:
    """Close the connection without sending a byte."""
    connection = request.environ.get("werkzeug.socket")
    if not isinstance(connection, socket.socket):
        abort(500, "the stand-in must run on its own server to hang up")
    with suppress(OSError):  # the client may have hung up already
        connection.shutdown(socket.SHUT_RDWR)
    return Response()


def _endless(closing: threading.Event) -> Iterator[bytes]:
    """A long text, sent slowly: reading all of it takes minutes."""
    chunk = b"Please wait. " * 1260
    for _ in range(ENDLESS_BYTES // len(chunk)):
        yield chunk
        if closing.wait(0.05):
            return
