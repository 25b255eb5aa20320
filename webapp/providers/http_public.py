"""Connections to addresses that somebody else chose: each is checked before it is spoken to.

A name is resolved once, all of its addresses are checked, and no others are connected to. So neither a
private address gets through nor a name that resolves to one the next time.
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
"""From the first byte of a connection to the head of its answer, however slowly the bytes come."""


class NotPublic(NewConnectionError):
    """The name leads to an address that must not be reached."""


class _Watch:
    """Shuts a connection down that takes too long. It holds a copy of the socket, as TLS detaches the
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
    """TLS and the Host header go by the name, the connection by the address."""

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
    """Looks a name up before a proxy is asked for it. The proxy does so once more, and guards its own
    network; a name that only the proxy knows is left to it."""

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
    """A session that reaches public addresses only, with `allow_private` also those of this machine
    and of private networks."""
    if way_out.proxy_url:
        return private_session(way_out, _LookingFirst(allow_private, way_out))
    # A pool passes keywords that it does not know on to its connections.
    plain = partial(_PlainPool, allow_private=allow_private)
    tls = partial(_TlsPool, allow_private=allow_private)
    return private_session(way_out, ConnectingAdapter(plain, tls, way_out))


def is_not_public(error: Exception) -> bool:
    """Whether a request failed because its address must not be reached."""
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NotPublic)
