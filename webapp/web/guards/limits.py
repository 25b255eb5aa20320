"""Rate limits for each visitor and endpoint. A visitor is an address; for IPv6 its /64."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from flask import Flask, g, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse_many
from limits.storage import Storage

from webapp.domain.addresses import address_key, read_address
from webapp.domain.refusals import Reason
from webapp.web.guards.counters import ProcessStorage, storage_options
from webapp.web.problems import Problem

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

LIMITS = {
    "api.config": "120/minute",
    "api.token": "60/minute",
    "api.submit": "10/minute; 60/hour",
    "api.status": "1200/minute",
    "pages.form": "60/minute",
    "pages.submit": "10/minute; 60/hour",
    "pages.status": "600/minute",
    "post_call.report": "600/minute",
    "reference.description": "60/minute",
    "reference.page": "60/minute",
    "stop.form": "60/minute",
    "stop.submit": "5/minute; 20/hour",
}
"""Sliding windows, one bucket for each visitor and endpoint."""


class VisitorLimits:
    """Enforces LIMITS. The counters are in Redis if there is one.

    `trusted_proxy_hops` is how many proxies are in front. Each appends the address it saw to
    X-Forwarded-For; anything further left was written by the visitor and is not believed.
    """

    def __init__(self, *, redis_url: str, trusted_proxy_hops: int) -> None:
        self._hops = trusted_proxy_hops
        self._clock = time.time if redis_url else time.monotonic
        self._rules = {endpoint: sorted(parse_many(rules)) for endpoint, rules in LIMITS.items()}
        self._limiter = Limiter(
            get_remote_address,
            # An app without requests: on ours the library would work out for each request which limits
            # apply, a fifth of the time of a token. Here they are known.
            app=Flask(__name__),
            strategy="moving-window",
            storage_uri=redis_url or f"{ProcessStorage.STORAGE_SCHEME[0]}://",
            storage_options=storage_options(redis_url),
            headers_enabled=False,
            swallow_errors=False,
        )

    @property
    def storage(self) -> Storage:
        return self._limiter.storage

    def visitor(self, environ: WSGIEnvironment) -> str:
        """The visitor's address, or the peer's if the forwarded one is not an address: garbage in the
        header then counts towards the proxy's one bucket instead of opening a new one.

        The header is split at every comma, as proxies append to it blindly. werkzeug's ProxyFix honours
        quotes, so a visitor who opens one could choose which part is believed.
        """
        peer: str = environ.get("REMOTE_ADDR", "")
        forwarded: list[str] = environ.get("HTTP_X_FORWARDED_FOR", "").split(",")
        believed = 0 < self._hops <= len(forwarded)
        seen = forwarded[-self._hops] if believed else peer
        return seen if read_address(seen) else peer

    def count(self, visitor: str, endpoint: str) -> int:
        """Count one request. Returns 0, or the seconds to wait if it is one too many.

        Raises StorageError if it cannot be counted.
        """
        strategy = self._limiter.limiter
        of_whom = address_key(visitor) or "nobody", endpoint
        over = [rule for rule in self._rules.get(endpoint, ()) if not strategy.hit(rule, *of_whom)]
        if not over:
            return 0
        until = strategy.get_window_stats(over[-1], *of_whom).reset_time
        # Where hits are in Redis by the time of day, and that was set back, they lie in the future.
        return min(max(1, math.ceil(until - self._clock())), over[-1].get_expiry())


def limit_visitors(app: Flask, limits: VisitorLimits) -> None:
    """Have `app` refuse visitors who ask too often."""

    @app.before_request
    def count() -> None:
        g.visitor = limits.visitor(request.environ)
        if wait := limits.count(g.visitor, request.endpoint or ""):
            raise Problem(Reason.VISITOR_LIMIT, retry_after=wait)
