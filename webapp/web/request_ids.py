"""A name for each request, by which all that is logged on its behalf can be found."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from flask import Flask, Response, g, has_app_context, request

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HEADER = "X-Request-ID"

_WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""As proxies make it: 16 random bytes, or a UUID. Whatever else came could be anybody's text."""


def request_id(environ: WSGIEnvironment, *, trusted: bool) -> str:
    """The id of this request: one that a proxy of ours gave it is kept, if there is a proxy."""
    given = environ.get("HTTP_X_REQUEST_ID", "").lower() if trusted else ""
    if _WELL_FORMED.fullmatch(given):
        return given
    # No secret: to ask the system for random bytes would be to make way for every other thread.
    return f"{random.getrandbits(128):032x}"


def current_request() -> dict[str, str]:
    """What is logged with everything that this thread does for a request."""
    return {"request": g.request_id} if has_app_context() and "request_id" in g else {}


def name_requests(app: Flask, *, trusted: bool) -> None:
    """Give each request its id, and answer it. Comes before all other steps.

    `trusted` says that there is a proxy.
    """

    @app.before_request
    def begin() -> None:
        g.request_id = request_id(request.environ, trusted=trusted)

    @app.after_request
    def answer(response: Response) -> Response:
        response.headers.add(HEADER, g.request_id)
        return response
