"""Vendors that speak real HTTP: the stand-in DialogTech, and a bare socket that follows a script."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from flask import Flask

from webapp.listening import listen, origin_of
from webapp.sandbox.serving import server_on
from webapp.sandbox.vendor import Received, Vendor, create_vendor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Wrap = Callable[["WSGIApplication"], "WSGIApplication"]
Script = Callable[[socket.socket, bytes], None]

_LONGEST_HOLD_SECONDS = 60.0
UNTRUSTED = Path(__file__).with_name("untrusted.pem")
"""A certificate for localhost and 127.0.0.1 that nobody vouches for, with its key."""


class StandIn:
    """The running stand-in DialogTech."""

    def __init__(self, origin: str, vendor: Vendor) -> None:
        self.origin = origin
        self.url = f"{origin}/ibp_api.php"
        self._vendor = vendor

    @property
    def received(self) -> list[Received]:
        """The requests that came in, oldest first."""
        return self._vendor.received()

    @property
    def phones(self) -> list[str]:
        """The numbers it was asked to ring, oldest first."""
        return [record.query["phone_to_call"] for record in self.received]

    def states(self) -> list[str]:
        return [record.state for record in self.received]

    def forget(self) -> None:
        """Be as new for the next test."""
        self._vendor.forget()

    def let_all_answer(self) -> None:
        """Have every ringing phone picked up now, and every later one at once."""
        self._vendor.closing.set()


@contextmanager
def stand_in(delay: float = 0.0, wrap: Wrap | None = None) -> Iterator[StandIn]:
    """The stand-in on a free port; `wrap` puts a WSGI middleware in front of it."""
    app = create_vendor(delay)
    if wrap:
        app.wsgi_app = wrap(app.wsgi_app)  # type: ignore[assignment, method-assign]
    vendor: Vendor = app.extensions["vendor"]
    with served(app) as origin:
        try:
            yield StandIn(origin, vendor)
        finally:
            vendor.closing.set()


@contextmanager
def served(app: Flask, listener: socket.socket | None = None) -> Iterator[str]:
    """Serve `app` from a thread, on any free port or that of `listener`; yields its origin."""
    listener = listener or listen("127.0.0.1", 0)
    server = server_on(listener, app)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield origin_of(listener)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        listener.close()


class Gauge:
    """A WSGI middleware that records the largest number of requests that were inside at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self.most = 0

    def __call__(self, app: WSGIApplication) -> WSGIApplication:
        def counted(environ: WSGIEnvironment, start: StartResponse) -> Any:
            with self._lock:
                self._inside += 1
                self.most = max(self.most, self._inside)
            try:
                return app(environ, start)
            finally:
                with self._lock:
                    self._inside -= 1

        return counted


class Held:
    """A WSGI middleware before the vendor: the phones that are named here ring until they are let go."""

    def __init__(self) -> None:
        self._phones: dict[str, threading.Event] = {}

    def hold(self, phone: str) -> threading.Event:
        """The phone rings until the event is set."""
        return self._phones.setdefault(phone, threading.Event())

    def let_all_go(self) -> None:
        for answered in self._phones.values():
            answered.set()

    def wrap(self, app: WSGIApplication) -> WSGIApplication:
        def held(environ: WSGIEnvironment, start: StartResponse) -> Any:
            query = parse_qs(environ["QUERY_STRING"])
            answered = self._phones.get(query.get("phone_to_call", [""])[0])
            if answered:
                answered.wait(_LONGEST_HOLD_SECONDS)
            return app(environ, start)

        return held


class ScriptedVendor:
    """A bare socket. `heads` are the requests as they came, byte for byte, without their bodies."""

    def __init__(
        self, listener: socket.socket, script: Script, greeting: bytes, tls: ssl.SSLContext | None
    ) -> None:
        host, port = listener.getsockname()[:2]
        self.url = f"{'https' if tls else 'http'}://{host}:{port}/ibp_api.php"
        self.heads: list[bytes] = []
        self.ending = threading.Event()
        self._listener = listener
        self._script = script
        self._greeting = greeting
        self._tls = tls

    def pace(self, seconds: float) -> bool:
        """Wait between two drops of a trickle. True if the test is over."""
        return self.ending.wait(seconds)

    def run(self) -> None:
        while not self.ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # The provider may hang up at any moment. That is what is tested, so it is not a fault here.
        with suppress(OSError), connection:
            connection.sendall(self._greeting)
            if not self._tls:
                self._follow(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._follow(secured)

    def _follow(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := connection.recv(4096)):
            head += more
        if head:
            self.heads.append(head)
        self._script(connection, head)


@contextmanager
def scripted_vendor(
    script: Script, *, greeting: bytes = b"", tls: bool = False
) -> Iterator[ScriptedVendor]:
    """A vendor on a free port that runs `script` on each connection once a request is in."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(UNTRUSTED)
    with listen("127.0.0.1", 0) as listener:
        vendor = ScriptedVendor(listener, script, greeting, context)
        thread = threading.Thread(target=vendor.run, daemon=True)
        thread.start()
        try:
            yield vendor
        finally:
            vendor.ending.set()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            thread.join()


def answer(body: bytes | str, status: str = "200 OK", *headers: str) -> Script:
    """A script that answers every request with this."""
    raw = body.encode() if isinstance(body, str) else body
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(raw)}", *headers, "", ""]

    def script(connection: socket.socket, _head: bytes) -> None:
        connection.sendall("\r\n".join(head).encode() + raw)

    return script
