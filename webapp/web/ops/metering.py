"""Counts and times every response, by route."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from webapp.metrics import Metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
"""A client may send any word as a method: other methods are counted together."""


def meter_responses(app: Flask, metrics: Metrics) -> None:
    """Count each response under its route's pattern, never under the requested path."""

    @app.before_request
    def begin() -> None:
        g.began = time.monotonic()

    @app.after_request
    def count(response: Response) -> Response:
        metrics.answered(
            request.url_rule.rule if request.url_rule else "none",
            request.method if request.method in _METHODS else "other",
            str(response.status_code),
            time.monotonic() - g.began,
        )
        return response
