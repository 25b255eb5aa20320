"""The HTTP client: one request per connection, no settings from the environment, bounded responses.

Its adapter distinguishes a request that was never sent from one that may have been.

By default, requests raises the same SSLError or ConnectionError for a failed TLS handshake and for a
connection that breaks after the request was sent. Here a failure to connect, and only that, raises a
urllib3 NewConnectionError or ConnectTimeoutError.
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
    """Raises any error during connect as a failure to connect."""

    def connect(self) -> None:
        try:
            super().connect()
        except (ConnectTimeoutError, NewConnectionError):
            raise
        except (OSError, HTTPError) as error:
            raise NewConnectionError(self, type(error).__name__) from error


class TlsConnection(Connection, HTTPSConnection):
    """The same for TLS, including the handshake."""


class Pool(HTTPConnectionPool):
    """Reuses no connection: one that the vendor has just closed looks like a lost request."""

    ConnectionCls = Connection

    def _put_conn(self, conn: BaseHTTPConnection | None) -> None:
        if conn:
            conn.close()
        super()._put_conn(None)


class TlsPool(Pool, HTTPSConnectionPool):
    ConnectionCls = TlsConnection


@dataclass(frozen=True, slots=True)
class WayOut:
    """How requests leave this network: through the proxy `proxy_url`, if set, and trusting the PEM file
    `ca_file` in addition to the public CAs."""

    proxy_url: str = ""
    ca_file: str = ""

    def tls_context(self) -> ssl.SSLContext | None:
        """None if the public CAs are enough."""
        if not self.ca_file:
            return None
        context = ssl.create_default_context(cafile=certifi.where())
        context.load_verify_locations(self.ca_file)
        return context


DIRECT = WayOut()


class ConnectingAdapter(HTTPAdapter):
    """An HTTPAdapter without retries that distinguishes a failure to connect from any other."""

    def __init__(
        self,
        plain: Callable[..., Pool] = Pool,
        tls: Callable[..., TlsPool] = TlsPool,
        way_out: WayOut = DIRECT,
    ) -> None:
        self._pools = {"http": plain, "https": tls}
        self._tls_context = way_out.tls_context()
        # An upper bound on calls in flight; no connection is kept.
        super().__init__(max_retries=0, pool_maxsize=1000)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._tls_context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls_context, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return cast(ProxyManager, manager)


_HERE = ("127.0.0.1", "localhost", "::1")
"""Hosts that bypass the proxy."""

SEND_FAULTS = (RequestException, HTTPError, OSError)
"""What a request may raise until its response is read. Their messages contain the full URL."""


def never_connected(error: Exception) -> str | None:
    """The code of the connect failure behind `error`; None if the request may have been sent."""
    cause = error.args[0] if isinstance(error, RequestException) and error.args else None
    if isinstance(cause, MaxRetryError):
        cause = cause.reason
    if isinstance(cause, ProxyError):
        return "proxy_failed"
    if isinstance(cause, NewConnectionError):  # in urllib3 a subclass of ConnectTimeoutError
        untrusted = isinstance(cause.__cause__, ssl.SSLCertVerificationError)
        return "certificate_not_trusted" if untrusted else "connect_failed"
    if isinstance(cause, ConnectTimeoutError):
        return "connect_timeout"
    return None


def failure_code(error: Exception) -> str:
    """A code for `error`, for the operator, without its message."""
    return never_connected(error) or f"no_answer: {type(error).__name__}"


def retry_after(response: requests.Response) -> float | None:
    """Retry-After if given in seconds; its date form is ignored."""
    text = response.headers.get("Retry-After", "").strip()
    return float(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def private_session(
    way_out: WayOut = DIRECT, adapter: ConnectingAdapter | None = None
) -> requests.Session:
    """A session without settings from the environment and without cookies."""
    session = requests.Session()
    if way_out.proxy_url:
        session.proxies = {"http": way_out.proxy_url, "https": way_out.proxy_url}
        for host in _HERE:
            session.proxies |= {f"http://{host}": "", f"https://{host}": ""}
    session.trust_env = False  # no .netrc, no proxy from the environment
    session.headers.clear()
    session.headers.update(
        {
            "User-Agent": "callme",
            "Accept": "text/plain, */*",
            "Accept-Encoding": "identity",
            # A kept-alive connection that the vendor has just closed looks like a lost request. A new
            # connection for each call rules that out.
            "Connection": "close",
        }
    )
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = adapter or ConnectingAdapter(way_out=way_out)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def read_within(response: requests.Response, limit: int, seconds: float) -> bytes:
    """The body of a streamed response, cut to `limit` bytes.

    Raises TimeoutError after `seconds`, so that a slow response cannot hold a thread.
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
