"""Answers again as the application answered: launchers and the states of calls, as nothing else is asked
for as often.

Only what is asked for in the plainest way is answered here. Whatever is out of the ordinary is the
application's, as is the first answer after anything changed of which the last one was made.
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
from webapp.web.environ import FAULT, MADE_OF, ROUTE, WAIT
from webapp.web.limits import VisitorLimits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST = 2_000
"""Answers that are kept, the newest: one for each site or call, and for what else makes a difference.
While more visitors than that wait at once, the application answers them."""

LONGEST = 256
"""Characters of an address, and of any header that makes a difference; browsers need far less."""

LAUNCHER = "/w/<site_key>.js"
STATUS = "/api/calls/<call_id>"

_SELDOM = ("IF_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "RANGE", "UPGRADE")
_UNUSUAL = frozenset(f"HTTP_{name}" for name in _SELDOM)


@dataclass(frozen=True, slots=True)
class Kind:
    """Answers of one route. `path` finds the name in an address, `made_of` tells what its answer is made
    of by now, `differs_by` names what else in an environ makes a difference, and `count` counts the
    request and tells the seconds to wait. What these raise is the application's to answer.
    """

    route: str
    path: re.Pattern[str]
    differs_by: tuple[str, ...]
    made_of: Callable[[str], object]
    count: Callable[[WSGIEnvironment], int] = lambda _environ: 0


@dataclass(frozen=True, slots=True)
class _Answer:
    made_of: object
    status: str
    headers: list[tuple[str, str]]
    body: list[bytes]


def launchers(sites: SiteCache) -> Kind:
    """Relies on `sites` to keep an unchanged site the same object, as that is compared in no time."""
    return Kind(
        LAUNCHER,
        re.compile(r"/w/([^/]+)\.js"),
        ("HTTP_HOST", "HTTP_ACCEPT_ENCODING", "HTTP_IF_NONE_MATCH"),
        lambda key: (sites.get(key), sites.seems_paused(key)),
    )


def statuses(follow_call: FollowCall, limits: VisitorLimits) -> Kind:
    """What a page that waits for a phone is told again and again until something happens."""
    return Kind(
        STATUS,
        re.compile(r"/api/calls/([\w-]+)", re.ASCII),
        ("HTTP_HOST", "HTTP_ORIGIN", "HTTP_ACCEPT_LANGUAGE", "QUERY_STRING"),
        follow_call.with_site,
        lambda environ: limits.count(limits.visitor(environ), "api.status"),
    )


def raise_what_was_met(app: Flask) -> None:
    """Have `app` answer a fault that was met before it was asked, instead of meeting it once more."""

    @app.before_request
    def meet() -> None:
        if fault := request.environ.get(FAULT):
            raise fault


class KeptAnswers:
    """Stands before `application`, which leaves what it made an answer of in the environ."""

    def __init__(self, application: WSGIApplication, kinds: Iterable[Kind]) -> None:
        self._application = application
        self._kinds = tuple(kinds)
        self._keeping = Lock()
        self._kept: dict[tuple[str, ...], _Answer] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = self._asked(environ)
        if not asked:
            return self._application(environ, start_response)
        kind, name, key = asked
        kept = self._kept.get(key)
        if not (kept and _still_holds(kept, kind, name, environ)):
            return self._ask(environ, start_response, key)
        environ[ROUTE] = kind.route
        start_response(kept.status, list(kept.headers))
        return kept.body

    def _asked(self, environ: WSGIEnvironment) -> tuple[Kind, str, tuple[str, ...]] | None:
        """What is asked for, by its name, and under what an answer to it is kept."""
        path = environ.get("PATH_INFO", "")
        for kind in self._kinds:
            if found := kind.path.fullmatch(path):
                key = (path, *(environ.get(name, "") for name in kind.differs_by))
                is_plain = environ["REQUEST_METHOD"] == "GET" and _UNUSUAL.isdisjoint(environ)
                return (kind, found[1], key) if is_plain and max(map(len, key)) <= LONGEST else None
        return None

    def _ask(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        key: tuple[str, ...],
    ) -> Iterable[bytes]:
        """The application's answer, which is kept if it is as good for the next who asks so."""

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
        # Who says an ETag that is not ours could fill the memory with answers to it.
        if status[:3] == ("304" if "HTTP_IF_NONE_MATCH" in environ else "200"):
            self._keep(key, _Answer(environ[MADE_OF], status, list(headers), body))
        return body

    def _keep(self, key: tuple[str, ...], answer: _Answer) -> None:
        with self._keeping:
            self._kept.pop(key, None)
            if len(self._kept) >= MOST:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = answer


def _still_holds(kept: _Answer, kind: Kind, name: str, environ: WSGIEnvironment) -> bool:
    """Whether it is what the application would answer; it is told what was found out for that."""
    try:
        environ[WAIT] = kind.count(environ)
        if environ[WAIT]:
            return False
        environ[MADE_OF] = kind.made_of(name)
        return bool(environ[MADE_OF] == kept.made_of)
    except Exception as fault:  # whatever it is: the application reports it
        environ[FAULT] = fault
        return False
