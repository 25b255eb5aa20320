"""What a route answers, by status: as asked, or one of the problems that it may have."""

from __future__ import annotations

from werkzeug.routing import Rule

from webapp.domain.refusals import Kind
from webapp.web.description.fields import Schema
from webapp.web.description.marks import Described
from webapp.web.description.shapes import COMPONENTS, Shapes
from webapp.web.limits import LIMITS

_ETAG: Schema = {"description": "Of this content.", "schema": {"type": "string"}, "required": True}
_RETRY_AFTER: Schema = {
    "description": "Seconds until it is worth while to ask again.",
    "schema": {"type": "integer", "minimum": 1},
    "required": True,
}


def operation_id(endpoint: str) -> str:
    """The endpoint as a name that programs can have."""
    return endpoint.replace(".", "_")


def in_api(rule: Rule) -> bool:
    """Whether problems of this address are JSON; elsewhere they are pages."""
    return rule.rule.startswith("/api/")


def responses(rule: Rule, one: Described, shapes: Shapes) -> Schema:
    """All that the route may answer."""
    return _good(one, shapes) | _bad(rule, one)


def _good(one: Described, shapes: Shapes) -> Schema:
    kind, schema = "application/json", shapes.schemas.get(one.answer)
    if schema is None:
        kind, schema = one.answer, {"type": "string"}
    good: Schema = {"description": "As asked.", "content": {kind: {"schema": schema}}}
    headers = {
        name: {"description": text, "schema": {"type": "string"}, "required": True}
        for name, text in one.headers.items()
    } | ({"ETag": _ETAG} if one.kept else {})
    if headers:
        good["headers"] = headers
    if one.links:
        good["links"] = {
            operation_id(name): {"operationId": operation_id(name), "parameters": dict(values)}
            for name, values in one.links.items()
        }
    answers = {str(one.status): good}
    if one.unwell:
        answers[str(one.unwell)] = good | {"description": "The same, when not all is well."}
    if one.kept:
        answers["304"] = {"description": "Unchanged."}
    return answers


def _bad(rule: Rule, one: Described) -> Schema:
    by_status: dict[int, list[Kind]] = {}
    for kind in Kind:
        if kind in _kinds(rule, one):
            by_status.setdefault(kind.status, []).append(kind)
    return {str(status): _problem(rule, status, by_status[status]) for status in sorted(by_status)}


def _kinds(rule: Rule, one: Described) -> set[Kind]:
    """The kinds of problem that a route may answer with."""
    kinds = {*one.problems, Kind.BAD_REQUEST, Kind.METHOD, Kind.INTERNAL}
    if rule.arguments:
        kinds.add(Kind.NOT_FOUND)
    if "site_key" in rule.arguments:
        kinds |= {Kind.UNKNOWN_SITE, Kind.UNAVAILABLE}
    if rule.endpoint in LIMITS:
        kinds |= {Kind.LIMIT, Kind.UNAVAILABLE}
    if one.origin:
        kinds.add(Kind.ORIGIN)
    if one.form:
        kinds |= {Kind.MEDIA_TYPE, Kind.TOO_LARGE}
    return kinds


def _problem(rule: Rule, status: int, kinds: list[Kind]) -> Schema:
    problem: Schema = {"description": "; ".join(kind.title for kind in kinds) + "."}
    if in_api(rule):
        whole = {"$ref": f"{COMPONENTS}ProblemDetails"}
        types = {"properties": {"type": {"enum": [kind.urn for kind in kinds]}}}
        problem["content"] = {"application/problem+json": {"schema": {"allOf": [whole, types]}}}
    else:
        problem["content"] = {"text/html": {"schema": {"type": "string"}}}
    if status == Kind.LIMIT.status:
        problem["headers"] = {"Retry-After": _RETRY_AFTER}
    if status == Kind.METHOD.status:
        problem["headers"] = {"Allow": _ALLOW}
    return problem


_ALLOW: Schema = {
    "description": "The methods that there are.",
    "schema": {"type": "string"},
    "required": True,
}
