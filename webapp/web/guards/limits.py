"""Rate limits per visitor and view. A visitor is an IP address; for IPv6 its /64."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from flask import Flask, g, request
from flask_limiter import Limiter, RequestLimit
from limits import parse_many
from limits.storage import Storage

from webapp.domain.addresses import address_key, read_address
from webapp.domain.limits import LimitReached
from webapp.domain.refusals import Reason
from webapp.store.counters import ProcessStorage, storage_options

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = TypeVar("View", bound=Callable[..., Any])


def limit_visitor(limits: str) -> Callable[[View], View]:
    """Mark a view with its limits, such as "10/minute; 60/hour": sliding windows, one bucket for each
    visitor and view. It stands under the routes, next to the view. Raises ValueError for limits that
    cannot be read, which the library would only log."""
    parse_many(limits)

    def mark(view: View) -> View:
        view.visitor_limits = limits  # type: ignore[attr-defined]
        return view

    return mark


def limit_of(view: Callable[..., Any]) -> str:
    """A view's limits; empty for none."""
    return str(getattr(view, "visitor_limits", ""))


def limit_visitors(app: Flask, *, redis_url: str, trusted_proxy_hops: int) -> Storage:
    """Make `app` count requests to its current views and refuse those above their limits. Returns the
    counters, in Redis if `redis_url` is set.

    A failure to count raises StorageError. `trusted_proxy_hops`: see `visitor_of`.
    """

    @app.before_request
    def tell_visitors_apart() -> None:
        g.visitor = visitor_of(request.environ, trusted_proxy_hops)

    limiter = Limiter(
        lambda: address_key(g.visitor) or "nobody",
        app=app,
        strategy="moving-window",
        storage_uri=redis_url or f"{ProcessStorage.STORAGE_SCHEME[0]}://",
        storage_options=storage_options(redis_url),
        headers_enabled=False,
        swallow_errors=False,
        fail_on_first_breach=False,  # a request counts in every window
    )
    now = time.time if redis_url else time.monotonic

    def refuse(_: RequestLimit) -> NoReturn:
        wait = max(_wait(limit, now()) for limit in limiter.current_limits if limit.breached)
        raise LimitReached(Reason.VISITOR_LIMIT, timedelta(seconds=wait))

    for endpoint, view in app.view_functions.items():
        if limits := limit_of(view):
            guarded: Callable[..., Any] = limiter.limit(limits, on_breach=refuse)(view)
            app.view_functions[endpoint] = guarded
    return limiter.storage


def visitor_of(environ: WSGIEnvironment, trusted_proxy_hops: int) -> str:
    """The visitor's IP address. `trusted_proxy_hops` is how many proxies are in front. Each appends the
    address it saw to X-Forwarded-For; anything further left was sent by the visitor and is not
    trusted.

    Falls back to the peer if the forwarded value is not an IP address: garbage then counts towards the
    proxy's one bucket instead of opening a new one. The header is split at every comma, as proxies
    append to it unparsed. werkzeug's ProxyFix honours quotes, so a visitor could use an open quote to
    choose the trusted part.
    """
    peer: str = environ.get("REMOTE_ADDR", "")
    forwarded: list[str] = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
    believed = 0 < trusted_proxy_hops <= len(forwarded)
    seen = forwarded[-trusted_proxy_hops] if believed else peer
    return seen if read_address(seen) else peer


def _wait(limit: RequestLimit, now: float) -> float:
    """Seconds until the window has room again."""
    # Redis stores hits by wall-clock time; after the clock was set back, they lie in the future.
    return min(limit.window.reset_time - now, limit.limit.get_expiry())
