"""HTTP to others: one request per connection, nothing taken from the environment, no endless response.

And an HTTP adapter that can tell a request that was never sent from one that may have been.

Plain requests raises the same SSLError or ConnectionError for a failed TLS handshake and for a
connection that breaks once the request is on its way. Here every failure while connecting comes
out as a urllib3 NewConnectionError or ConnectTimeoutError, and nothing else does.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, cast

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import RequestException
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
)
from urllib3.poolmanager import ProxyManager

if TYPE_CHECKING:
    from urllib3._base_connection import BaseHTTPConnection


class Connection(HTTPConnection):
    """Raises every failure while it connects as a failure to connect."""

    def connect(self) -> None:
        try:
            super().connect()
        except (ConnectTimeoutError, NewConnectionError):
            raise
        except (OSError, HTTPError) as error:
            raise NewConnectionError(self, type(error).__name__) from error


class TlsConnection(Connection, HTTPSConnection):
    """The same for TLS: the handshake is a part of connecting."""


class Pool(HTTPConnectionPool):
    """Keeps no connection: one that the vendor has just closed looks like a request that was lost."""

    ConnectionCls = Connection

    def _put_conn(self, conn: BaseHTTPConnection | None) -> None:
        if conn:
            conn.close()
        super()._put_conn(None)


class TlsPool(Pool, HTTPSConnectionPool):
    ConnectionCls = TlsConnection


@dataclass(frozen=True, slots=True)
class WayOut:
    """How requests leave this network: through a proxy, if `proxy_url` names one, and with the
    certificates of the PEM file `ca_file` trusted beside the public ones."""

    proxy_url: str = ""
    ca_file: str = ""

    def tls_context(self) -> ssl.SSLContext | None:
        """None where the public certificates are enough."""
        if not self.ca_file:
            return None
        context = ssl.create_default_context(cafile=certifi.where())
        context.load_verify_locations(self.ca_file)
        return context


DIRECT = WayOut()


class ConnectingAdapter(HTTPAdapter):
    """HTTPAdapter without retries, whose connections tell a failure to connect from any other."""

    def __init__(
        self,
        plain: Callable[..., Pool] = Pool,
        tls: Callable[..., TlsPool] = TlsPool,
        way_out: WayOut = DIRECT,
    ) -> None:
        self._pools = {"http": plain, "https": tls}
        self._tls_context = way_out.tls_context()
        # Places, not connections: as many as calls can be in flight.
        super().__init__(max_retries=0, pool_maxsize=1000)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls_context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls_context, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return cast(ProxyManager, manager)


_HERE = ("127.0.0.1", "localhost", "::1")
"""Hosts that no proxy can reach for us."""

SEND_FAULTS = (RequestException, HTTPError, OSError)
"""What a request may raise until its response is read. Their texts hold the whole address."""


def never_connected(error: Exception) -> str | None:
    """The kind of connect failure behind `error`, or None when a request may have gone out."""
    cause = error.args[0] if isinstance(error, RequestException) and error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, ProxyError):
        return "proxy_failed"
    if isinstance(cause, NewConnectionError):  # to urllib3 a kind of ConnectTimeoutError too
        untrusted = isinstance(cause.__cause__, ssl.SSLCertVerificationError)
        return "certificate_not_trusted" if untrusted else "connect_failed"
    if isinstance(cause, ConnectTimeoutError):
        return "connect_timeout"
    return None


def failure_code(error: Exception) -> str:
    """What `error` is, for the operator, without its text."""
    return never_connected(error) or f"no_answer: {type(error).__name__}"


def retry_after(response: requests.Response) -> float | None:
    """Retry-After where it is given in seconds; the form with a date is not worth its parser."""
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def private_session(
    way_out: WayOut = DIRECT, adapter: ConnectingAdapter | None = None
) -> requests.Session:
    """A session without settings from the environment, and without cookies."""
    session = requests.Session()
    if way_out.proxy_url:
        session.proxies = {"http": way_out.proxy_url, "https": way_out.proxy_url}
        for host in _HERE:
            session.proxies |= {f"http://{host}": "", f"https://{host}": ""}
    session.trust_env = False  # no .netrc, no proxy of the environment
    session.headers.clear()
    session.headers.update(
        {
            "User-Agent": "callme",
            "Accept": "text/plain, */*",
            "Accept-Encoding": "identity",
            # A kept-alive connection that the vendor has just closed looks like a request that
            # was lost: with a new connection for each call, that case cannot be.
            "Connection": "close",
        }
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = adapter or ConnectingAdapter(way_out=way_out)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def read_within(response: requests.Response, limit: int, seconds: float) -> bytes:
    """The body of a streamed answer, at most so many bytes of it.

    Raises TimeoutError when it takes longer, so that a trickle cannot hold a thread.
    """
    deadline = time.monotonic() + seconds
    body = b""
    while len(body) < limit:
        chunk = response.raw.read1(limit, decode_content=True)
        if not chunk:
            return body
        body += chunk
        if time.monotonic() > deadline:
            raise TimeoutError
    return body[:limit]
