"""The whole description.

Addresses come from the URL map, words from the views' docstrings, shapes from webapp.web.answers,
fields from the forms, refusals from the table of problems, and limits from that of limits.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from flask import Flask
from werkzeug.routing import Rule

from webapp import __version__
from webapp.domain.sites import SITE_KEY
from webapp.web.body import FORM_TYPES
from webapp.web.description.fields import Schema, form_schema
from webapp.web.description.marks import Described, description_of
from webapp.web.description.responses import in_api, operation_id, responses
from webapp.web.description.shapes import COMPONENTS, Shapes, shapes_of
from webapp.web.limits import LIMITS

_IN_ADDRESSES = {
    "site_key": ("The site's key.", f"^{SITE_KEY.pattern.removesuffix(chr(92) + 'Z')}$"),
    "call_id": ("The call's id, as its form was answered.", "^[A-Za-z0-9_-]{22}$"),
}
"""What stands in an address: what it is, and the pattern that it fits."""

_ORIGIN: Schema = {
    "name": "Origin",
    "in": "header",
    "required": True,
    "description": "As browsers send it; must be one of the site's origins.",
    "schema": {"type": "string"},
}
_LANGUAGE: Schema = {
    "name": "Accept-Language",
    "in": "header",
    "description": "The language of all sentences. The query's or the form's `locale` goes before it.",
    "schema": {"type": "string"},
}
_LOCALE: Schema = {
    "name": "locale",
    "in": "query",
    "description": "The language of all sentences, as a BCP 47 tag; an unknown one is passed over.",
    "schema": {"type": "string"},
}


def document(app: Flask, public_url: str) -> Schema:
    """The description of `app`, which is had at `public_url`, as JSON has it."""
    routes = list(described_routes(app))
    shapes = shapes_of(one.answer for _, one in routes if not isinstance(one.answer, str))
    paths: Schema = {}
    for rule, one in routes:
        methods = paths.setdefault(re.sub(r"<(\w+)>", r"{\1}", rule.rule), {})
        methods[_method(rule)] = _operation(app, rule, one, shapes)
    forms = {one.form.__name__: form_schema(one.form) for _, one in routes if one.form}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Callme",
            "version": __version__,
            "description": "What the widget asks of the server, for pages that bring their own.",
        },
        "servers": [{"url": public_url}],
        "paths": paths,
        "components": {"schemas": {**shapes.named, **forms}},
    }


def described_routes(app: Flask) -> Iterator[tuple[Rule, Described]]:
    """Every route that is marked as described."""
    for rule in app.url_map.iter_rules():
        if one := description_of(app.view_functions[rule.endpoint]):
            yield rule, one


def _operation(app: Flask, rule: Rule, one: Described, shapes: Shapes) -> Schema:
    words = inspect.cleandoc(app.view_functions[rule.endpoint].__doc__ or "")
    summary, _, more = words.partition("\n")
    also_by_get = len(list(app.url_map.iter_rules(rule.endpoint))) > 1 and _method(rule) == "post"
    operation: Schema = {
        "operationId": operation_id(rule.endpoint) + ("_by_post" if also_by_get else ""),
        "summary": summary.rstrip("."),
        "description": " ".join([*more.split(), _limit(rule.endpoint)]).strip(),
        "parameters": _parameters(rule, one),
        "responses": responses(rule, one, shapes),
    }
    if one.form:
        form = {"schema": {"$ref": f"{COMPONENTS}{one.form.__name__}"}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(FORM_TYPES, form)}
    return operation


def _parameters(rule: Rule, one: Described) -> list[Schema]:
    found: list[Schema] = []
    for name in sorted(rule.arguments):
        description, pattern = _IN_ADDRESSES[name]
        place = {"name": name, "in": "path", "required": True, "description": description}
        found.append({**place, "schema": {"type": "string", "pattern": pattern}})
    if one.origin:
        found.append(_ORIGIN)
    if in_api(rule):
        found += [_LANGUAGE, _LOCALE]
    return found


def _method(rule: Rule) -> str:
    (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return method.lower()


def _limit(endpoint: str) -> str:
    """The visitor's limit in words: "120/minute" is 120 times a minute."""
    limit = LIMITS.get(endpoint)
    if not limit:
        return ""
    for unit, words in (("/minute", " times a minute"), ("/hour", " times an hour"), (";", ",")):
        limit = limit.replace(unit, words)
    return f"Each visitor may ask {limit}."
