"""Puts into requests what only a real page can know; schemathesis loads this as its hooks.

It makes requests from the API's description alone, which cannot name a site that exists, a signed
token, or a valid number.
"""

from __future__ import annotations

import itertools
import re
import uuid
from ipaddress import IPv4Address
from typing import Any

import requests
import schemathesis
from schemathesis import Case, HookContext
from schemathesis.core.parameters import ParameterLocation

from tests.helpers.callme import aged
from tests.helpers.sites import ORIGIN
from webapp.domain.site.values import RECEPTIONIST_KEY

OPTIONAL = ("receptionist", "consent")
"""Fields that the tests' site requires, but the description does not."""

FITTING = {
    "phone": "(?s).+",
    "receptionist": RECEPTIONIST_KEY,
    "consent": "yes",
    "country": "([A-Z]{2})?",
    "request_id": "[0-9a-f-]{36}",
    "when": "(?s).*",
    "timezone": "(?s).*",
    "token": "(?s).*",
}
"""For each field that only a page can fill in, a pattern of what its description allows."""

_addresses = itertools.count(int(IPv4Address("10.0.0.1")))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Complete the parts that are meant to be right. Those that are meant to be wrong stay wrong."""
    address = str(IPv4Address(next(_addresses)))  # each request comes from another visitor
    case.headers["X-Forwarded-For"] = address
    if _is_right(case, ParameterLocation.PATH) and "site_key" in case.path_parameters:
        case.path_parameters["site_key"] = "acme"
    if _is_right(case, ParameterLocation.HEADER) and "Origin" in case.headers:
        case.headers["Origin"] = ORIGIN
    if _is_right(case, ParameterLocation.QUERY) and case.path.endswith("/slots"):
        case.query |= {"receptionist": "sales", "timezone": ""}
    body: object = case.body
    if isinstance(body, dict):
        right = _right_fields(case.operation.base_url, address)
        if _is_right(case, ParameterLocation.BODY):
            case.body = body | right
        else:
            case.body = body | {
                name: value for name, value in right.items() if _may_change(name, body)
            }


def _is_right(case: Case[Any], location: ParameterLocation) -> bool:
    component = case.meta.components.get(location) if case.meta else None
    return component is None or component.mode.is_positive


def _may_change(name: str, body: dict[str, Any]) -> bool:
    """Whether a wrong form is still wrong, for the same reason, with another value in this field."""
    if name not in body:
        return name in OPTIONAL
    value = body[name]
    return isinstance(value, str) and bool(re.fullmatch(FITTING[name], value))


def _right_fields(base_url: str, address: str) -> dict[str, str]:
    return {
        "phone": "2025550100",
        "receptionist": "sales",
        "consent": "yes",
        "country": "CA",
        "request_id": str(uuid.uuid4()),
        "when": "",
        "timezone": "Europe/Berlin",
        "token": _token(base_url, address),
    }


def _token(base_url: str, address: str) -> str:
    headers = {"Origin": ORIGIN, "X-Forwarded-For": address}
    answer = requests.get(f"{base_url}/api/sites/acme/token", headers=headers, timeout=5)
    return aged(answer.json()["token"])
