"""The API's description tells the whole truth: every route, every field, and what the server does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any, NotRequired, get_origin, get_type_hints, is_typeddict

import pytest
from wtforms.fields.core import UnboundField

from tests.helpers.callme import Callme, running_callme
from tests.helpers.vendors import served
from webapp.domain.calls import CallStatus
from webapp.domain.problem_kinds import Kind
from webapp.web import error_handlers
from webapp.web.call import api, progress, slots
from webapp.web.call.forms import CallForm
from webapp.web.guards.limits import limit_of
from webapp.web.site import public

ROOT = Path(__file__).parents[2]

NOT_DESCRIBED = {
    "static": "files of our own pages",
    "widget.form": "asked for by the launcher, under an address that it knows",
    "widget.module": "asked for by the launcher, under addresses that it knows",
    "pages.form": "a page for people",
    "pages.submit": "a page for people",
    "status.show": "a page for people",
    "status.change": "a page for people",
    "status.calendar": "a file for people",
    "stop.form": "a page for people",
    "stop.submit": "a page for people",
    "post_call.report": "for DialogTech alone, which is told of it in its console; docs/webhooks.md",
    "ops.metrics": "for Prometheus, in its own format; docs/monitoring.md",
    "reference.description": "the description itself",
    "reference.page": "the description as a page",
}
"""Every route that is not part of the API, and why. A new route must be described or have a reason."""

SHAPES = [
    shape
    for module in (api, error_handlers, progress, public, slots)
    for shape in vars(module).values()
    if is_typeddict(shape)
]
"""What the API answers."""

CONFIG = """
seed = 1
hooks = "tests.helpers.described"
continue-on-failure = true

[cache]
enabled = false

[generation]
max-examples = 30
deterministic = true
database = "none"
"""
"""Always the same requests: this many for each operation, besides the edge cases of every field."""


@pytest.fixture
def described(callme: Callme) -> dict[str, Any]:
    answer = callme.visitor().get("/openapi.json")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    document: dict[str, Any] = answer.get_json()
    return document


def operations(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in document["paths"].values():
        yield from methods.values()


def resolved(document: dict[str, Any], values: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """With what is shared in place of the references to it."""
    for value in values:
        _, _, kind, name = value["$ref"].split("/")
        yield document["components"][kind][name]


@pytest.mark.unmeasured
@pytest.mark.process
@pytest.mark.timeout(400)
def test_the_api_does_what_its_description_says(tmp_path: Path) -> None:
    """Runs all checks of schemathesis on a real server, which must have accepted some of its calls."""
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    with running_callme(tmp_path) as callme, served(callme.app) as origin:
        command = [sys.executable, "-m", "schemathesis.cli", "run", f"{origin}/openapi.json"]
        run = subprocess.run(
            [*command, "--url", origin, "--checks", "all"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert run.returncode == 0, run.stdout + run.stderr
        assert len(callme.store.all_calls()) > 20, f"hardly a form was right:\n{run.stdout}"


def test_every_route_is_described_or_has_a_reason_not_to_be(
    callme: Callme, described: dict[str, Any]
) -> None:
    rules = [rule for rule in callme.app.url_map.iter_rules() if rule.endpoint not in NOT_DESCRIBED]
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in rules
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routes == {
        (path, method) for path, methods in described["paths"].items() for method in methods
    }
    assert all(operation["summary"] for operation in operations(described))


def test_every_field_of_the_form_is_described(described: dict[str, Any]) -> None:
    """The fields of the form's class, its token and the captcha's answer."""
    form = described["components"]["schemas"]["CallForm"]
    names = {name for name in dir(CallForm) if isinstance(getattr(CallForm, name), UnboundField)}
    assert form["properties"].keys() == {*names, "token", "captcha"}
    assert form["required"] == ["phone", "request_id", "token"]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_every_field_of_an_answer_is_described(described: dict[str, Any], shape: Any) -> None:
    """No other field is described. The views' answers are typed with the same fields."""
    schema = described["components"]["schemas"][shape.__name__]
    hints = get_type_hints(shape, include_extras=True)
    assert schema["properties"].keys() == hints.keys()
    always = {name for name, hint in hints.items() if get_origin(hint) is not NotRequired}
    assert set(schema["required"]) == always
    assert schema["additionalProperties"] is False


def test_the_description_lists_every_state_and_problem_type(described: dict[str, Any]) -> None:
    states = described["components"]["schemas"]["CallStatus"]["enum"]
    assert states == [status.value for status in CallStatus]
    named = set(re.findall(r"urn:callme:problem:[a-z-]+", json.dumps(described)))
    assert named == {kind.urn for kind in Kind}
    for name, response in described["components"]["responses"].items():
        types = re.findall(r"urn:callme:problem:[a-z-]+", json.dumps(response))
        titles = [kind.title for kind in Kind if kind.urn in types]
        assert not types or response["description"] == f"{'; '.join(titles)}.", name


def test_every_property_and_parameter_has_a_description(described: dict[str, Any]) -> None:
    mute = [
        f"{name}.{field}"
        for name, shape in described["components"]["schemas"].items()
        for field, schema in shape.get("properties", {}).items()
        if not schema.get("description")
    ]
    mute += [
        f"{operation['operationId']} {parameter['name']}"
        for operation in operations(described)
        for parameter in resolved(described, operation.get("parameters", []))
        if not parameter.get("description")
    ]
    assert not mute


def test_a_limited_route_describes_its_limit_and_retry_after(
    callme: Callme, described: dict[str, Any]
) -> None:
    for rule in callme.app.url_map.iter_rules():
        limit = limit_of(callme.app.view_functions[rule.endpoint])
        for operation in (
            described["paths"].get(re.sub(r"<(\w+)>", r"{\1}", rule.rule), {}).values()
        ):
            if not limit:
                assert "429" not in operation["responses"], rule
                continue
            minute, _, hour = limit.partition("; ")
            limit_text = f"{minute.removesuffix('/minute')} times a minute"
            limit_text += f", {hour.removesuffix('/hour')} times an hour" if hour else ""
            assert f"Each visitor may ask {limit_text}." in operation["description"], rule
            (refusal,) = resolved(described, [operation["responses"]["429"]])
            assert "Retry-After" in refusal["headers"], rule


def test_the_page_shows_all_of_the_description(callme: Callme, described: dict[str, Any]) -> None:
    answer = callme.visitor().get("/openapi", headers={"Accept-Language": "de"})
    page = unescape(answer.text)
    assert answer.status_code == 200
    assert '<html lang="en"' in page, "the description is English in every language"
    shapes = described["components"]["schemas"]
    words = {field for shape in shapes.values() for field in shape.get("properties", {})}
    words |= described["paths"].keys() | shapes.keys()
    words |= {operation["summary"] for operation in operations(described)}
    missing = [word for word in sorted(words) if word not in page]
    assert not missing


def test_anybody_may_read_the_description(callme: Callme) -> None:
    headers = callme.visitor().get("/openapi.json").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "public, max-age=300"
    assert headers["X-Content-Type-Options"] == "nosniff"
