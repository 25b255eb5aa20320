"""Counts and times every response, by route."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from webapp.metrics import Metrics
from webapp.web.environ import ROUTE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
"""A client may send any word as a method: all others are counted together."""

CRASH = "500"


def note_routes(app: Flask) -> None:
    """Put the matched route into the environ for the WSGI middleware."""

    @app.before_request
    def note() -> None:
        if rule := request.url_rule:
            request.environ[ROUTE] = rule.rule


class MeteredAnswers:
    """Counts each response under its route's pattern, never under the requested address."""

    def __init__(self, application: WSGIApplication, metrics: Metrics) -> None:
        self._application = application
        self._metrics = metrics

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic()
        code = CRASH

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            nonlocal code
            code = status[:3]
            return start_response(status, headers, *more)

        try:
            return self._application(environ, start)
        except BaseException:
            code = CRASH  # even if a response was begun: the server replaces it
            raise
        finally:
            method = environ["REQUEST_METHOD"]
            self._metrics.answered(
                environ.get(ROUTE, "none"),
                method if method in _METHODS else "other",
                code,
                time.monotonic() - began,
            )
