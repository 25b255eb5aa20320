"""Caches the two most requested responses: launchers and the states of calls.

Only plain requests are served from the cache. Unusual ones go to the application, and so does the first
request after a change of anything that the cached response was made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from webapp.services.follow_call import FollowCall
from webapp.store.sites import SiteCache
from webapp.web.environ import CACHE_VALIDATOR, FAULT, ROUTE, WAIT
from webapp.web.limits import VisitorLimits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST = 2_000
"""Responses in the cache; the oldest makes room for a new one. There is one for each site or call and
each variant, so if more visitors than that wait at once, the application serves some of them."""

LONGEST = 256
"""Characters of a path, and of any header in the key; browsers need far fewer."""

LAUNCHER_ROUTE = "/w/<site_key>.js"
STATUS_ROUTE = "/api/calls/<call_id>"

_SELDOM = ("IF_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "RANGE", "UPGRADE")
_UNUSUAL = frozenset(f"HTTP_{name}" for name in _SELDOM)


@dataclass(frozen=True, slots=True)
class CachedRoute:
    """A route whose responses are cached.

    `path` matches its paths, and its group is the site's key or the call's id. `vary_on` names the other
    keys of an environ that select a response. `validator` takes the group and returns what a response
    is made from now: a cached one is valid while that is equal. `count` counts the request for the rate
    limit and returns the seconds to wait. Whatever these two raise is left to the application to report.
    """

    route: str
    path: re.Pattern[str]
    vary_on: tuple[str, ...]
    validator: Callable[[str], object]
    count: Callable[[WSGIEnvironment], int] = lambda _environ: 0


@dataclass(frozen=True, slots=True)
class _CachedResponse:
    validator: object
    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


def launchers(sites: SiteCache) -> CachedRoute:
    """Comparing validators is cheap, as `sites` keeps an unchanged site the same object."""
    return CachedRoute(
        LAUNCHER_ROUTE,
        re.compile(r"/w/([^/]+)\.js"),
        ("HTTP_HOST", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH"),
        lambda key: (sites.get(key), sites.seems_paused(key)),
    )


def statuses(follow_call: FollowCall, limits: VisitorLimits) -> CachedRoute:
    """Cached because a page that waits for a phone asks again and again until something happens."""
    return CachedRoute(
        STATUS_ROUTE,
        re.compile(r"/api/calls/([\w-]+)", re.ASCII),
        ("HTTP_HOST", "HTTP_ORIGIN", "HTTP_ACCEPT_LANGUAGE", "QUERY_STRING"),
        follow_call.with_site,
        lambda environ: limits.count(limits.visitor(environ), "api.status"),
    )


def reraise_earlier_fault(app: Flask) -> None:
    """Have `app` report the fault that the cache met, instead of trying again and meeting it too."""

    @app.before_request
    def reraise() -> None:
        if fault := request.environ.get(FAULT):
            raise fault


class ResponseCache:
    """WSGI middleware in front of `application`, whose views put the validators of their responses into
    the environ."""

    def __init__(self, application: WSGIApplication, routes: Iterable[CachedRoute]) -> None:
        self._application = application
        self._routes = tuple(routes)
        self._storing = Lock()
        self._responses: dict[tuple[str, ...], _CachedResponse] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        match = self._match(environ)
        if not match:
            return self._application(environ, start_response)
        route, name, key = match
        cached = self._responses.get(key)
        if not (cached and _is_valid(cached, route, name, environ)):
            return self._ask_application(environ, start_response, key)
        environ[ROUTE] = route.route
        start_response(cached.status, list(cached.headers))
        return cached.body

    def _match(self, environ: WSGIEnvironment) -> tuple[CachedRoute, str, tuple[str, ...]] | None:
        """The request's route, its site or call, and its key in the cache; None if it is not cached."""
        path = environ.get("PATH_INFO", "")
        for route in self._routes:
            if found := route.path.fullmatch(path):
                key = (path, *(environ.get(name, "") for name in route.vary_on))
                is_plain = environ["REQUEST_METHOD"] == "GET" and _UNUSUAL.isdisjoint(environ)
                return (
                    (route, found[1], key) if is_plain and max(map(len, key)) <= LONGEST else None
                )
        return None

    def _ask_application(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        key: tuple[str, ...],
    ) -> Iterable[bytes]:
        """The application's response, which is stored if later requests may get it too."""

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            heads.append((status, headers))
            return start_response(status, headers, *more)

        heads: list[tuple[str, list[tuple[str, str]]]] = []
        answer = self._application(environ, start)
        try:
            body = list(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        status, headers = heads[-1]
        # With made-up ETags anybody could fill the cache with 200s; our own ETag gets a 304.
        if status[:3] == ("304" if "HTTP_IF_NONE_MATCH" in environ else "200"):
            validator = environ[CACHE_VALIDATOR]
            self._store(key, _CachedResponse(validator, status, list(headers), body))
        return body

    def _store(self, key: tuple[str, ...], response: _CachedResponse) -> None:
        with self._storing:
            self._responses.pop(key, None)
            if len(self._responses) >= MOST:
                del self._responses[next(iter(self._responses))]
            self._responses[key] = response


def _is_valid(
    cached: _CachedResponse, route: CachedRoute, name: str, environ: WSGIEnvironment
) -> bool:
    """Whether the application would send the same response. What was looked up to tell is left in the
    environ for it."""
    try:
        environ[WAIT] = route.count(environ)
        if environ[WAIT]:
            return False
        environ[CACHE_VALIDATOR] = route.validator(name)
        return bool(environ[CACHE_VALIDATOR] == cached.validator)
    except Exception as fault:  # of any kind: the application reports it
        environ[FAULT] = fault
        return False
