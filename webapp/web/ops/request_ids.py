"""Gives each request an id, for its log lines and its response."""

from __future__ import annotations

import re
import secrets

from flask import Flask, Response, g, request

from webapp.log import bind_fields, unbind_fields

HEADER = "X-Request-ID"

_WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""As proxies generate them: 16 random bytes, or a UUID. Anything else could be arbitrary text."""


def name_requests(app: Flask, *, trusted: bool) -> None:
    """Set `g.request_id`. `trusted` if there is a proxy, whose ids are kept."""

    @app.before_request
    def name() -> None:
        given = request.headers.get(HEADER, "").lower() if trusted else ""
        g.request_id = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(16)
        bind_fields(request=g.request_id)

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        return response

    @app.teardown_request
    def forget(_fault: BaseException | None) -> None:
        unbind_fields("request")
