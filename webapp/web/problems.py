"""Refusals and faults as a person and a program can read them (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from babel.dates import format_timedelta
from flask import Flask, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from limits.errors import StorageError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webapp.domain.limits import LimitReached
from webapp.domain.phone import international
from webapp.domain.refusals import Kind, Reason, Refusal
from webapp.domain.sites import Site
from webapp.events import get_logger
from webapp.store.engine import StoreUnavailable
from webapp.web.answers import ProblemDetails
from webapp.web.context import services
from webapp.web.language import words
from webapp.web.public import public_site

_log = get_logger(__name__)

SUBMITS = ("api.submit", "pages.submit")
"""The routes that can have a phone rung."""


class Problem(Exception):
    """A request that is refused, for one reason or, where several fields are not valid, for several.

    The first reason says what the visitor is told. `errors` maps fields to sentences; `retry_after` is
    in seconds; `choices` are the numbers (E.164) that the one typed may mean.
    """

    def __init__(
        self,
        *reasons: Reason,
        errors: Mapping[str, list[str]] | None = None,
        retry_after: int | None = None,
        choices: Sequence[str] = (),
    ) -> None:
        self.code = ",".join(reason.code for reason in reasons)
        super().__init__(self.code)
        self.reasons = reasons
        self.kind = reasons[0].kind
        self.status = self.kind.status
        self.errors = errors or {}
        self.retry_after = retry_after
        self.choices = choices
        self.offers_phone = any(reason.offers_phone for reason in reasons)

    def log(self) -> None:
        """Tell the operator, by reason and never by what was typed."""
        site_key = g.get("site_key", "")
        services().refusals.count(site_key, self.reasons)
        suspicious = any(reason.suspicious for reason in self.reasons)
        if site_key and request.endpoint in SUBMITS and suspicious:
            services().alarm.saw(site_key, refused=True)
        _log.info(
            "refused",
            status=self.status,
            reason=self.code,
            site=site_key,
            endpoint=request.endpoint,
        )

    @property
    def detail(self) -> str:
        """The visitor's sentence. Fields that are not valid have sentences of their own in `errors`."""
        wait = "" if self.retry_after is None else _in_words(self.retry_after)
        key = f"problem.{self.kind.slug}" if self.errors else self.reasons[0].sentence
        return words().text(key, wait=wait)


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
    app.register_error_handler(Refusal, _refusal)
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
        "type": problem.kind.urn,
        "title": problem.kind.title,
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


def problem_of(refusal: Refusal) -> Problem:
    """What the visitor is told of it."""
    reason = refusal.reason
    if reason.kind is Kind.VALIDATION:
        return Problem(reason, errors={"phone": [words().text(reason.sentence)]})
    if reason.kind is Kind.LIMIT and isinstance(refusal, LimitReached):
        return Problem(reason, retry_after=max(1, math.ceil(refusal.wait.total_seconds())))
    return Problem(reason)


def _refusal(refusal: Refusal) -> ResponseReturnValue:
    return _answer(problem_of(refusal))


def _http_fault(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error  # a redirect of Flask's own
    response = make_response(_answer(Problem(Reason.of_http(code))))
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _store_fault(error: StoreUnavailable) -> ResponseReturnValue:
    _log.error("the database cannot be used", fault=str(error))
    return _answer(Problem(Reason.STORE_UNAVAILABLE))


def _counters_fault(error: StorageError) -> ResponseReturnValue:
    # Fails closed: a limit that cannot be counted is a limit that is reached.
    _log.error("the rate limits cannot be counted", fault=type(error.storage_error).__name__)
    return _answer(Problem(Reason.LIMITS_UNAVAILABLE))


def _crash(error: Exception) -> ResponseReturnValue:
    _log.exception("a request failed", exc_info=error)
    return _answer(Problem(Reason.CRASH))
