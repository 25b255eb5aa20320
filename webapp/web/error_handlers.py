"""Turns every error into a problem: JSON from the API, a page elsewhere."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from flask import Flask, g, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue
from limits.errors import StorageError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.log import get_logger
from webapp.store.engine import StoreUnavailable
from webapp.web.recording import record_refused
from webapp.web.site.public import public_site

_log = get_logger(__name__)


class ProblemDetails(TypedDict):
    """Why a request was not served (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[dict[str, list[str]]]
    retry_after: NotRequired[int]
    fallback_phone: NotRequired[str]
    choices: NotRequired[list[str]]
    choices_written: NotRequired[list[str]]


def handle_problems(app: Flask) -> None:
    app.register_error_handler(Refusal, _answer)
    app.register_error_handler(HTTPException, _http_fault)
    app.register_error_handler(StoreUnavailable, _store_fault)
    app.register_error_handler(StorageError, _counters_fault)
    app.register_error_handler(Exception, _crash)


def _answer(refusal: Refusal) -> ResponseReturnValue:
    site: Site | None = g.get("site")
    problem = record_refused(refusal)
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
        body["choices"] = [choice.value for choice in problem.choices]
        body["choices_written"] = [choice.written for choice in problem.choices]
    if site and problem.offers_phone:
        body["fallback_phone"] = site.fallback_phone
    response = jsonify(body)
    response.content_type = "application/problem+json"
    return response, problem.status, headers


def _http_fault(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if code < 400:
        return error  # a redirect by Flask
    response = make_response(_answer(Refusal(Reason.of_http(code))))
    if isinstance(error, MethodNotAllowed):
        response.allow.update(error.valid_methods or ())
    return response


def _store_fault(error: StoreUnavailable) -> ResponseReturnValue:
    _log.error("the database cannot be used", fault=str(error))
    return _answer(Refusal(Reason.STORE_UNAVAILABLE))


def _counters_fault(error: StorageError) -> ResponseReturnValue:
    # Fails closed: a limit that cannot be counted refuses the request.
    _log.error("the rate limits cannot be counted", fault=type(error.storage_error).__name__)
    return _answer(Refusal(Reason.LIMITS_UNAVAILABLE))


def _crash(error: Exception) -> ResponseReturnValue:
    _log.exception("a request failed", exc_info=error)
    return _answer(Refusal(Reason.CRASH))
