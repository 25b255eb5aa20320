"""Counting and timing every answer, by route."""

from __future__ import annotations

import time

from flask import Flask, Response, g, request

from webapp.metrics import Metrics

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
"""A client may send any word: the others count together."""


def meter_answers(app: Flask, metrics: Metrics) -> None:
    """Count each answer under its route's pattern, never under an address that was asked for."""

    @app.before_request
    def begin() -> None:
        g.asked_at = time.monotonic()

    @app.after_request
    def count(response: Response) -> Response:
        rule, method = request.url_rule, request.method
        metrics.answered(
            rule.rule if rule else "none",
            method if method in _METHODS else "other",
            str(response.status_code),
            time.monotonic() - g.asked_at,
        )
        return response
