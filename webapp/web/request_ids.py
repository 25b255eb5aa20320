"""Gives each request an id, which is in every log line about it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from webapp.events import working_on
from webapp.web.environ import REQUEST_ID

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

HEADER = "X-Request-ID"

_WELL_FORMED = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""As proxies make them: 16 random bytes, or a UUID. Anything else could be anybody's text."""


class NamedRequests:
    """Gives each request an id: in its environ, its log lines and its response. `trusted` says that
    there is a proxy, whose ids are kept."""

    def __init__(self, application: WSGIApplication, *, trusted: bool) -> None:
        self._application = application
        self._trusted = trusted

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start_response(status, [*headers, (HEADER, name)], *more)

        environ[REQUEST_ID] = name = self._name(environ)
        with working_on(request=name):
            return self._application(environ, start)

    def _name(self, environ: WSGIEnvironment) -> str:
        """The id that a proxy of ours sent, else a new one."""
        given: str = environ.get("HTTP_X_REQUEST_ID", "").lower() if self._trusted else ""
        if _WELL_FORMED.fullmatch(given):
            return given
        # Not a secret: asking the system for random bytes would let every other thread go first.
        return f"{random.getrandbits(128):032x}"
