"""Answers launchers again as the application answered them: nothing else is asked for as often.

Only what is asked for in the plainest way is answered here. Whatever is out of the ordinary is the
application's, as is the first answer after a site was changed or paused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask

from webapp.domain.sites import Site
from webapp.metrics import Metrics
from webapp.store.sites import SiteCache
from webapp.web.request_ids import HEADER, request_id

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MOST = 1_000
"""Answers that are kept: one for each site, Accept-Encoding, and ETag that a browser has."""

MADE_OF = "callme.made_of"
"""Where in a request's environ the application leaves the site, and whether it is paused, of which it
made the launcher: meanwhile both may be others than at the request's beginning."""

ROUTE = "/w/<site_key>.js"
_PATH = re.compile(r"/w/([^/]+)\.js")
_CONDITIONS = ("IF_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "RANGE")
_UNUSUAL = frozenset(f"HTTP_{name}" for name in _CONDITIONS)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the application answered, and what it made that of."""

    site: Site
    paused: bool
    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


def keep_launchers(app: Flask, sites: SiteCache, metrics: Metrics, *, trusted: bool) -> None:
    """Stand before `app`. Relies on `sites` to keep an unchanged site the same object; `trusted` says
    that there is a proxy."""
    app.wsgi_app = KeptLaunchers(app, sites, metrics, trusted)  # type: ignore[method-assign]


class KeptLaunchers:
    def __init__(self, app: Flask, sites: SiteCache, metrics: Metrics, trusted: bool) -> None:
        self._app = app.wsgi_app
        self._sites = sites
        self._metrics = metrics
        self._trusted = trusted
        self._kept: dict[tuple[str, str, str], _Answer] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.monotonic()
        found = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        site = self._site(found[1]) if found else None
        is_plain = environ["REQUEST_METHOD"] == "GET" and _UNUSUAL.isdisjoint(environ)
        if not (found and site and is_plain):
            return self._app(environ, start_response)
        key = (
            found[1],
            environ.get("HTTP_ACCEPT_ENCODING", ""),
            environ.get("HTTP_IF_NONE_MATCH", ""),
        )
        paused = self._sites.seems_paused(found[1])
        kept = self._kept.get(key)
        if not (kept and kept.site is site and kept.paused is paused):
            return self._ask(environ, start_response, key)
        named = (HEADER, request_id(environ, trusted=self._trusted))
        start_response(kept.status, [*kept.headers, named])
        self._metrics.answered(ROUTE, "GET", kept.status[:3], time.monotonic() - began)
        return kept.body

    def _site(self, key: str) -> Site | None:
        try:
            return self._sites.get(key)
        except Exception:  # whatever it is: the application meets it as well, and reports it
            return None

    def _ask(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        key: tuple[str, str, str],
    ) -> Iterable[bytes]:
        """The application's answer, which is kept if it is as good for the next who asks so."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            heads.append((status, headers))
            return start_response(status, headers, *more)

        heads: list[tuple[str, list[tuple[str, str]]]] = []
        answer = self._app(environ, start)
        try:
            body = list(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        status, headers = heads[-1]
        # Who says an ETag that is not ours could fill the memory with answers to it.
        if status[:3] == ("304" if key[2] else "200"):
            if len(self._kept) >= MOST:
                self._kept.clear()
            same = [(name, value) for name, value in headers if name != HEADER]
            site, paused = environ[MADE_OF]
            self._kept[key] = _Answer(site, paused, status, same, body)
        return body
