"""Refusals and faults as a person and a program can read them (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from babel.dates import format_timedelta
from flask import Flask, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from limits.errors import StorageError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webapp.domain.limits import Limit, LimitReached
from webapp.domain.phone import international
from webapp.domain.sites import Site
from webapp.events import get_logger
from webapp.services.request_call import VendorDown
from webapp.store.engine import StoreUnavailable
from webapp.web.answers import ProblemDetails
from webapp.web.context import services
from webapp.web.language import words
from webapp.web.public import public_site

_log = get_logger(__name__)

STATUS = {
    "validation": 422,
    "token": 403,
    "refused": 403,
    "origin": 403,
    "unknown-site": 404,
    "unknown-call": 404,
    "not-found": 404,
    "method": 405,
    "media-type": 415,
    "too-large": 413,
    "bad-request": 400,
    "limit": 429,
    "unavailable": 503,
    "internal": 500,
}
"""Each kind of problem; the catalogues have a sentence for every one."""

_KIND_OF = {404: "not-found", 405: "method", 413: "too-large", 415: "media-type"}

TITLES = {
    "validation": "A field is not valid",
    "token": "The form's token was not accepted",
    "refused": "Refused",
    "origin": "Origin not allowed",
    "unknown-site": "Unknown site",
    "unknown-call": "Unknown call",
    "not-found": "Not found",
    "method": "Method not allowed",
    "media-type": "Not a form",
    "too-large": "Too large",
    "bad-request": "Bad request",
    "limit": "Too many requests",
    "unavailable": "Unavailable",
    "internal": "Internal error",
}


SUBMITS = ("api.submit", "pages.submit")
"""The routes that can have a phone rung."""


_NO_ATTACK = {
    *("vendor_down", "store_unavailable", "limits_unavailable", "paused"),
    *("captcha_unavailable", "captcha_not_configured"),
    # Who is limited already can neither ring the alarm nor keep it ringing.
    *("visitor_limit", "crowded"),
}
"""Refusals that are no sign of an attack."""


def urn(kind: str) -> str:
    """The `type` of a problem of this kind."""
    return f"urn:callme:problem:{kind}"


class Problem(Exception):
    """A request that is not served. `kind` is public, `reason` is the operator's code for the log.

    `errors` maps fields to sentences; `retry_after` is in seconds; `sentence` names the words where
    those of the kind do not fit; `choices` are the numbers (E.164) that the one typed may mean; and
    `offers_phone` says that the owner's number is all that is left.
    """

    def __init__(
        self,
        kind: str,
        reason: str,
        *,
        errors: Mapping[str, list[str]] | None = None,
        retry_after: int | None = None,
        sentence: str = "",
        choices: Sequence[str] = (),
        offers_phone: bool = False,
    ) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.status = STATUS[kind]
        self.errors = errors
        self.retry_after = retry_after
        self.choices = choices
        self.offers_phone = offers_phone or self.status in (429, 500, 503) or kind == "refused"
        self._sentence = sentence or f"problem.{kind}"

    def log(self) -> None:
        """Tell the operator, by reason and never by what was typed."""
        site_key = g.get("site_key", "")
        services().refusals.count(site_key, self.reason)
        if site_key and request.endpoint in SUBMITS and self.reason not in _NO_ATTACK:
            services().alarm.saw(site_key, refused=True)
        _log.info(
            "refused",
            status=self.status,
            reason=self.reason,
            site=site_key,
            endpoint=request.endpoint,
        )

    @property
    def detail(self) -> str:
        wait = "" if self.retry_after is None else _in_words(self.retry_after)
        return words().text(self._sentence, wait=wait)


def _in_words(seconds: int) -> str:
    """Such as "in 2 minutes", with what the language does to the noun there. Never less than it is:
    who comes back after that time must not be turned away again.
    """
    for unit in (3600, 60):
        if seconds >= unit:
            seconds = math.ceil(seconds / unit) * unit
            break
    wait = str(format_timedelta(seconds, locale=words().locale, threshold=1, add_direction=True))
    # CLDR's Arabic "in" is that of a time limit as well, which in our sentences it would be taken for;
    # its Hebrew counts a single day.
    return wait.replace("خلال", "بعد").replace("יום 1", "יום")


def handle_problems(app: Flask) -> None:
    """Have every fault of `app` leave as a problem: JSON from the API, a page elsewhere."""
    app.register_error_handler(Problem, _answer)
    app.register_error_handler(LimitReached, _limit_reached)
    app.register_error_handler(VendorDown, _vendor_down)
    app.register_error_handler(HTTPException, _http_fault)
    app.register_error_handler(StoreUnavailable, _store_fault)
    app.register_error_handler(StorageError, _counters_fault)
    app.register_error_handler(Exception, _crash)


def _answer(problem: Problem) -> ResponseReturnValue:
    site: Site | None = g.get("site")
    problem.log()
    headers = {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}
    if not request.path.startswith("/api/"):
        shown = public_site(g.site_key, site) if site else None
        page = render_template("errors/problem.html", problem=problem, site=shown)
        return page, problem.status, headers
    body: ProblemDetails = {
        "type": urn(problem.kind),
        "title": TITLES[problem.kind],
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = dict(problem.errors)
    if problem.retry_after is not None:
        body["retry_after"] = problem.retry_after
    if problem.choices:
        body["choices"] = list(problem.choices)
        body["choices_written"] = [*map(international, problem.choices)]
    if site and problem.offers_phone:
        body["fallback_phone"] = site.fallback_phone
    response = jsonify(body)
    response.content_type = "application/problem+json"
    return response, problem.status, headers


def problem_of(error: LimitReached) -> Problem:
    """What the visitor is told of it."""
    if error.limit is Limit.SUPPRESSED:
        sentence = words().text("error.suppressed")
        return Problem(
            "validation", error.limit.value, errors={"phone": [sentence]}, offers_phone=True
        )
    if error.limit is Limit.TOKEN_SPENT:
        return Problem("token", error.limit.value)
    if not error.limit.of_the_number:
        return Problem("unavailable", error.limit.value)
    wait = max(1, math.ceil(error.wait.total_seconds()))
    return Problem("limit", error.limit.value, retry_after=wait, sentence="problem.number")


def _limit_reached(error: LimitReached) -> ResponseReturnValue:
    return _answer(problem_of(error))


def _vendor_down(_error: VendorDown) -> ResponseReturnValue:
    return _answer(Problem("unavailable", "vendor_down"))


def _http_fault(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error  # a redirect of Flask's own
    kind = _KIND_OF.get(code, "bad-request" if code < 500 else "internal")
    response = make_response(_answer(Problem(kind, f"http_{code}")))
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _store_fault(error: StoreUnavailable) -> ResponseReturnValue:
    _log.error("the database cannot be used", fault=str(error))
    return _answer(Problem("unavailable", "store_unavailable"))


def _counters_fault(error: StorageError) -> ResponseReturnValue:
    # Fails closed: a limit that cannot be counted is a limit that is reached.
    _log.error("the rate limits cannot be counted", fault=type(error.storage_error).__name__)
    return _answer(Problem("unavailable", "limits_unavailable"))


def _crash(error: Exception) -> ResponseReturnValue:
    _log.exception("a request failed", exc_info=error)
    return _answer(Problem("internal", "crash"))
