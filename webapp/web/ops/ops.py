"""For load balancers and monitors."""

from __future__ import annotations

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue

from webapp.web.answers import HealthReport
from webapp.web.context import services
from webapp.web.ops.scraping import PATH, answer_scrape

ops = Blueprint("ops", __name__)


@ops.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Alive: this process answers."""
    return "ok", 200, {"Content-Type": "text/plain"}


@ops.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Ready: whatever a call needs can be used. Tells which part is unwell."""
    parts: HealthReport = {name: state() for name, state in services().health.items()}
    return parts, 200 if set(parts.values()) == {"ok"} else 503


@ops.get(PATH)
def metrics() -> ResponseReturnValue:
    """For Prometheus, where the operator chose a token; else there is nothing here."""
    prometheus = services().prometheus
    if not prometheus.is_guarded:
        abort(404)
    return answer_scrape(prometheus, request.headers.get("Authorization", ""))
