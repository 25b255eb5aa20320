"""Connections to URLs that others chose, guarded against SSRF.

A name is resolved once, all of its addresses are checked, and only those are connected to. This also
stops DNS rebinding, where a name resolves to a private address the next time.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection
from urllib3.exceptions import MaxRetryError, NewConnectionError

from webapp.domain.addresses import may_be_reached
from webapp.providers.http import (
    DIRECT,
    ConnectingAdapter,
    Connection,
    Pool,
    TlsConnection,
    TlsPool,
    WayOut,
    private_session,
)

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
"""The longest time from connecting to the end of the response headers, however slowly they come."""


class NotPublic(NewConnectionError):
    """The name resolves to an address that must not be reached."""


class _Watch:
    """Shuts down a connection that takes too long. Duplicates the socket, as TLS detaches the
    original."""

    def __init__(self, connected: socket.socket) -> None:
        self._copy = connected.dup()
        self._timer = threading.Timer(TOTAL_SECONDS, self._hang_up)
        self._timer.daemon = True
        self._timer.start()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._copy.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        self._timer.cancel()
        self._copy.close()


class _Checked(HTTPConnection):
    """TLS and the Host header use the name; the connection uses a checked address."""

    def __init__(self, *args: Any, allow_private: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        self._allow_private = allow_private
        self._watch: _Watch | None = None

    def _new_conn(self) -> socket.socket:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise NewConnectionError(self, "no such name") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not all(
            may_be_reached(ip_address(address), self._allow_private) for address in addresses
        ):
            raise NotPublic(self, "not public")
        connected = self._first_that_answers(addresses)
        self._watch = _Watch(connected)
        return connected

    def _first_that_answers(self, addresses: list[str]) -> socket.socket:
        for address in addresses:
            with suppress(OSError):
                return socket.create_connection(
                    (address, self.port), CONNECT_SECONDS / len(addresses)
                )
        raise NewConnectionError(self, "no address answers")

    def close(self) -> None:
        if self._watch:
            self._watch.end()
        super().close()


class _Plain(_Checked, Connection):
    pass


class _Tls(_Checked, TlsConnection):
    pass


class _PlainPool(Pool):
    ConnectionCls = _Plain


class _TlsPool(TlsPool):
    ConnectionCls = _Tls


class _LookingFirst(ConnectingAdapter):
    """Checks a name's addresses before the proxy resolves it again. The proxy must guard its own
    network; a name that only it can resolve is not checked here."""

    def __init__(self, allow_private: bool, way_out: WayOut) -> None:
        super().__init__(way_out=way_out)
        self._allow_private = allow_private

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> Any:
        host = urlsplit(request.url or "").hostname or ""
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        addresses = [ip_address(str(entry[4][0])) for entry in found]
        if not all(may_be_reached(address, self._allow_private) for address in addresses):
            pool = self.poolmanager.connection_from_url(request.url)
            refused = NotPublic(None, "not public")  # type: ignore[arg-type]  # there is no connection
            raise requests.ConnectionError(MaxRetryError(pool, request.url or "", refused))
        return super().send(request, *args, **more)


def checked_session(*, allow_private: bool, way_out: WayOut = DIRECT) -> requests.Session:
    """A session that reaches only public addresses; with `allow_private` also loopback and private
    ones."""
    if way_out.proxy_url:
        return private_session(way_out, _LookingFirst(allow_private, way_out))
    # A pool passes unknown keywords to its connections.
    plain = partial(_PlainPool, allow_private=allow_private)
    tls = partial(_TlsPool, allow_private=allow_private)
    return private_session(way_out, ConnectingAdapter(plain, tls, way_out))


def is_not_public(error: Exception) -> bool:
    """Whether the request failed because its address must not be reached."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NotPublic)
