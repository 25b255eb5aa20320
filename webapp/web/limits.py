"""How often one visitor may ask for what. A visitor is an address; for IPv6 its /64."""

from __future__ import annotations

import math
import time
from typing import Any

from flask import Flask, g, request
from flask_limiter import Limiter
from limits import parse_many

from webapp.domain.addresses import address_key, read_address
from webapp.web.counters import ProcessStorage
from webapp.web.problems import Problem

LIMITS = {
    "api.config": "120/minute",
    "api.token": "60/minute",
    "api.submit": "10/minute; 60/hour",
    "api.status": "1200/minute",
    "pages.form": "60/minute",
    "pages.submit": "10/minute; 60/hour",
    "pages.status": "600/minute",
    "hooks.post_call": "600/minute",
    "reference.description": "60/minute",
    "reference.page": "60/minute",
    "stop.form": "60/minute",
    "stop.submit": "5/minute; 20/hour",
}
"""Sliding windows, one bucket for each visitor and endpoint."""

REDIS_TIMEOUT_SECONDS = 1.0


def limit_visitors(app: Flask, *, redis_url: str, trusted_proxy_hops: int) -> Limiter:
    """Hold the visitors of `app` to the table above; counters live in Redis when there is one.

    `trusted_proxy_hops` proxies stand before us, each of which appends the address it saw to
    X-Forwarded-For; what lies further left was written by the visitor and is not believed.

    Whoever asks too often is answered with a Problem.
    """

    @app.before_request
    def count() -> None:
        g.visitor = visitor_address(trusted_proxy_hops)
        endpoint = request.endpoint or ""
        of_whom = _visitor_key(), endpoint
        over = [rule for rule in rules.get(endpoint, ()) if not limiter.limiter.hit(rule, *of_whom)]
        if over:
            until = limiter.limiter.get_window_stats(over[-1], *of_whom).reset_time
            wait = max(1, math.ceil(until - time.time()))
            raise Problem("limit", "visitor_limit", retry_after=wait)

    rules = {endpoint: sorted(parse_many(written)) for endpoint, written in LIMITS.items()}
    limiter = Limiter(
        _visitor_key,
        # An app that nobody asks: on ours the library would find out anew, for each request, which
        # limits are meant, a fifth of the time of a token. Which ones they are is known here.
        app=Flask(__name__),
        strategy="moving-window",
        storage_uri=redis_url or f"{ProcessStorage.STORAGE_SCHEME[0]}://",
        storage_options=storage_options(redis_url),
        headers_enabled=False,
        swallow_errors=False,
    )
    return limiter


def storage_options(redis_url: str) -> dict[str, Any]:
    """How the counters are reached: a Redis that hangs must not hold a request for long."""
    if not redis_url:
        return {"wrap_exceptions": True}
    return {
        "wrap_exceptions": True,
        "socket_timeout": REDIS_TIMEOUT_SECONDS,
        "socket_connect_timeout": REDIS_TIMEOUT_SECONDS,
    }


def visitor_address(trusted_proxy_hops: int) -> str:
    """The visitor's address. A forwarded one that is none falls back to who connected to us,
    so that writing garbage joins the one bucket of that proxy instead of opening a new one.

    The header is cut at every comma, as proxies append to it blindly: werkzeug's ProxyFix heeds
    quotes, and a visitor who opens one would decide which part is believed.
    """
    peer = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    believed = 0 < trusted_proxy_hops <= len(forwarded)
    seen = forwarded[-trusted_proxy_hops] if believed else peer
    return seen if read_address(seen) else peer


def _visitor_key() -> str:
    return address_key(g.visitor) or "nobody"
