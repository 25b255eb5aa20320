"""Records what became of each form: for the log, the counts, and the watch for attacks."""

from __future__ import annotations

from flask import g, request

from webapp.context import services
from webapp.domain.refusals import Refusal
from webapp.log import get_logger
from webapp.web.problems import Problem, problem_of

_log = get_logger(__name__)

SUBMITS = ("api.submit", "pages.submit")
"""The routes that can have a phone rung."""


def record_accepted(site_key: str) -> None:
    """A form was accepted; the call itself is recorded by the service."""
    services().attack.saw(site_key, refused=False)


def record_refused(refusal: Refusal) -> Problem:
    """A request was refused: recorded by reason, never by what was typed. Returns what to tell the
    visitor."""
    problem = problem_of(refusal)
    site_key = g.get("site_key", "")
    services().refusals.count(site_key, problem.reasons)
    suspicious = any(reason.suspicious for reason in problem.reasons)
    if site_key and request.endpoint in SUBMITS and suspicious:
        services().attack.saw(site_key, refused=True)
    _log.info(
        "refused",
        status=problem.status,
        reason=problem.code,
        site=site_key,
        endpoint=request.endpoint,
    )
    return problem
