"""Records the result of each form for the log, the counts, and the detection of attacks."""

from __future__ import annotations

from flask import g, request

from webapp.context import services
from webapp.domain.refusals import Refusal
from webapp.log import get_logger
from webapp.web.problems import Problem, problem_of

_log = get_logger(__name__)

SUBMITS = ("api.submit", "pages.submit")
"""The endpoints that can make a phone ring."""


def record_accepted(site_key: str) -> None:
    """Record an accepted form; the service records the call itself."""
    services().attack.saw(site_key, refused=False)


def record_refused(refusal: Refusal) -> Problem:
    """Record a refused request by its reasons, without what was typed. Returns the problem to show the
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
