"""For load balancers and monitors: health, and metrics on the public port or a separate one."""

from __future__ import annotations

import logging
import socket
import threading

from flask import Blueprint, Response, abort, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import ThreadedWSGIServer, make_server
from werkzeug.wrappers import Request

from webapp.context import services
from webapp.services.prometheus import CONTENT_TYPE, PrometheusExport

PATH = "/metrics"

HealthReport = dict[str, str]
"""The state of each part by name; `ok` if healthy."""

ops = Blueprint("ops", __name__)


@ops.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Liveness: this process responds."""
    return "ok", 200, {"Content-Type": "text/plain"}


@ops.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Readiness: all that a call needs is available. Names the unhealthy parts."""
    parts: HealthReport = {name: state() for name, state in services().health.items()}
    return parts, 200 if set(parts.values()) == {"ok"} else 503


@ops.get(PATH)
def metrics() -> ResponseReturnValue:
    """For Prometheus, if the operator set a token; otherwise 404."""
    prometheus = services().prometheus
    if not prometheus.is_guarded:
        abort(404)
    return answer_scrape(prometheus, request.headers.get("Authorization", ""))


def answer_scrape(prometheus: PrometheusExport, authorization: str) -> Response:
    """All metrics, or 401 without the required token."""
    if not prometheus.admits(authorization):
        refusal = Response("the token is missing or wrong\n", 401, content_type="text/plain")
        refusal.headers["WWW-Authenticate"] = 'Bearer realm="metrics"'
        return refusal
    return Response(prometheus.text(), content_type=CONTENT_TYPE)


class ScrapeServer:
    """Serves a listening socket from a thread; sibling processes may share the socket."""

    def __init__(self, listener_fd: int, prometheus: PrometheusExport) -> None:
        self._fd = listener_fd
        self._prometheus = prometheus

    def start(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        # Of several processes waiting on the socket, one gets the connection; others must not block.
        with socket.socket(fileno=socket.dup(self._fd)) as listener:
            listener.setblocking(False)
            host, port = listener.getsockname()[:2]
        server = make_server(host, port, Request.application(self._answer), True, fd=self._fd)
        if isinstance(server, ThreadedWSGIServer):
            server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()

    def _answer(self, request: Request) -> Response:
        if request.path != PATH or request.method not in ("GET", "HEAD"):
            return Response("only /metrics is here\n", 404, content_type="text/plain")
        return answer_scrape(self._prometheus, request.headers.get("Authorization", ""))
