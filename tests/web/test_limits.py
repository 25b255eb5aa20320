"""Each visitor is limited, whatever address a visitor claims."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.sites import FALLBACK_PHONE, ORIGIN
from webapp.web.guards.limits import limit_visitor

SUBMITS_A_MINUTE = 10

NO_VISITOR_LIMIT = {
    "static": "files, kept by caches",
    "widget.launcher": "one file a site, kept by caches",
    "widget.form": "one file a site, immutable, kept by caches",
    "widget.module": "immutable files, kept by caches",
    "ops.healthz": "asked by load balancers, touches nothing",
    "ops.readyz": "asked by load balancers, one short read",
    "ops.metrics": "is not there without a token; with one, asked by Prometheus alone",
}
"""Every route without a limit, and why. A new route needs a limit or a reason."""


def spend(visitor: Visitor, times: int = SUBMITS_A_MINUTE) -> None:
    """Use up this many submits without asking for a call."""
    for _ in range(times):
        assert visitor.post("/api/sites/acme/calls").status_code != 429


def is_refused(visitor: Visitor) -> bool:
    return visitor.post("/api/sites/acme/calls").status_code == 429


def test_the_eleventh_submit_of_a_minute_gets_429_with_retry_after(
    untouched: Callme,
) -> None:
    visitor = untouched.visitor()
    form = visitor.fields()
    spend(visitor)
    answer = visitor.post("/api/sites/acme/calls", data=form)
    body = answer.get_json()
    assert answer.status_code == 429
    assert answer.content_type == "application/problem+json"
    assert body["type"] == "urn:callme:problem:limit"
    assert 1 <= body["retry_after"] <= 61  # a minute, rounded up
    assert answer.headers["Retry-After"] == str(body["retry_after"])
    assert body["fallback_phone"] == FALLBACK_PHONE
    assert "You can ask again in" in body["detail"]


def test_the_sites_pages_can_read_when_to_come_back(untouched: Callme) -> None:
    visitor = untouched.visitor()
    spend(visitor)
    headers = visitor.post("/api/sites/acme/calls").headers
    assert headers["Access-Control-Allow-Origin"] == ORIGIN
    assert headers["Retry-After"]
    assert headers["Access-Control-Expose-Headers"] == "Retry-After"


def test_one_visitors_limit_does_not_affect_another(callme: Callme) -> None:
    spend(callme.visitor())
    assert callme.visitor().submit().status_code == 202


def test_refused_forms_count_as_well(untouched: Callme) -> None:
    """Otherwise the form could be used to try out any amount of numbers, tokens and origins."""
    visitor = untouched.visitor()
    for _ in range(SUBMITS_A_MINUTE):
        assert visitor.submit(phone="12").status_code == 422
    assert is_refused(visitor)


@pytest.mark.unmeasured
def test_every_route_has_a_visitor_limit_or_a_reason_to_have_none(
    tmp_path: Path,
) -> None:
    """After enough requests each route returns 429."""
    with running_callme(tmp_path) as callme:
        rules = list(callme.app.url_map.iter_rules())
        routes = {rule.endpoint for rule in rules}
        assert NO_VISITOR_LIMIT.keys() <= routes, "an exempt route is gone"
        endless = [
            f"{method} {rule.rule} ({rule.endpoint})"
            for rule in rules
            if rule.endpoint not in NO_VISITOR_LIMIT
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if not _ends_with_429(callme.visitor(), method, _path_of(callme.app, rule))
        ]
    assert not endless


def _path_of(app: Flask, rule: Rule) -> str:
    """An address for this rule, with an existing site in it."""
    values: dict[str, Any] = dict.fromkeys(rule.arguments, "acme")
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values)


def _ends_with_429(visitor: Visitor, method: str, path: str) -> bool:
    return any(visitor.open(method, path).status_code == 429 for _ in range(1300))


@pytest.fixture
def clients(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[FlaskClient]:
    """Makes clients of a Callme behind as many proxies as the test says."""
    with running_callme(tmp_path, trusted_proxy_hops=request.param) as callme:
        yield callme.app.test_client()


def submits_taken(
    client: FlaskClient, forwarded: Iterator[str | None], peer: str = "192.0.2.1"
) -> int:
    """How many of 30 requests with these X-Forwarded-For headers got past the limit."""
    taken = 0
    for header in itertools.islice(forwarded, 30):
        answer = client.post(
            "/api/sites/acme/calls",
            headers={"X-Forwarded-For": header} if header is not None else {},
            environ_overrides={"REMOTE_ADDR": peer},
        )
        taken += answer.status_code != 429
    return taken


def counted(pattern: str) -> Iterator[str]:
    return (pattern.format(number) for number in itertools.count(1))


@pytest.mark.parametrize("clients", [0], indirect=True, ids=["no proxy"])
@pytest.mark.parametrize(
    "forwarded",
    ["203.0.113.{0}", "garbage {0}", "{0}", "203.0.113.{0}, 203.0.113.{0}"],
    ids=["addresses", "garbage", "numbers", "two addresses"],
)
def test_without_a_proxy_a_forwarded_address_is_not_believed(
    clients: FlaskClient, forwarded: str
) -> None:
    assert submits_taken(clients, counted(forwarded)) == SUBMITS_A_MINUTE


@pytest.mark.parametrize("clients", [1], indirect=True, ids=["one proxy"])
@pytest.mark.parametrize(
    "forwarded",
    [
        pytest.param("{0}.0.0.1, 203.0.113.7", id="spoofed left parts"),
        pytest.param("garbage {0},  203.0.113.7", id="garbage on the left"),
        pytest.param("203.0.113.{0}, 203.0.113.{0}, 203.0.113.7", id="three hops"),
        pytest.param("203.0.113.7:{0}", id="another port each time"),
        pytest.param("garbage-{0}", id="garbage"),
        pytest.param("203.0.113.7.{0}", id="nearly an address"),
        pytest.param("unknown, unknown{0}", id="unknown"),
        pytest.param("203.0.113.{0},", id="an empty last part"),
        pytest.param("2001:db8:1:2::{0}", id="one IPv6 network"),
        pytest.param("[2001:db8:1:2::{0}]:{0}", id="one IPv6 network, with ports"),
        pytest.param("::ffff:203.0.113.7%{0}", id="a zone each time"),
    ],
)
def test_behind_one_proxy_only_the_last_forwarded_address_counts(
    clients: FlaskClient, forwarded: str
) -> None:
    """Neither entries further left nor texts that are not addresses open a new bucket."""
    assert submits_taken(clients, counted(forwarded)) == SUBMITS_A_MINUTE


@pytest.mark.parametrize("clients", [2], indirect=True, ids=["two proxies"])
@pytest.mark.parametrize(
    "forwarded",
    [
        pytest.param("203.0.113.{0}, 198.51.100.1, 192.0.2.9", id="spoofed left part"),
        pytest.param('203.0.113.{0}, ", 198.51.100.1, 192.0.2.9', id="an open quote"),
        pytest.param('203.0.113.{0}, "x\\", 198.51.100.1, 192.0.2.9', id="a quoted quote"),
        pytest.param("203.0.113.{0}, , 198.51.100.1, 192.0.2.9", id="an empty part"),
    ],
)
def test_behind_two_proxies_the_address_seen_by_the_first_counts(
    clients: FlaskClient, forwarded: str
) -> None:
    """An unclosed quote must not shift the parts."""
    assert submits_taken(clients, counted(forwarded)) == SUBMITS_A_MINUTE


@pytest.mark.parametrize("clients", [1], indirect=True, ids=["one proxy"])
@pytest.mark.parametrize(
    "forwarded",
    ["spoofed, 203.0.113.{0}", "2001:db8:1:{0}::1"],
    ids=["IPv4", "IPv6 networks"],
)
def test_behind_one_proxy_each_visitor_has_a_limit_of_its_own(
    clients: FlaskClient, forwarded: str
) -> None:
    assert submits_taken(clients, counted(forwarded)) == 30


@pytest.mark.parametrize("clients", [0, 1], indirect=True, ids=["no proxy", "one proxy"])
def test_without_a_forwarded_header_the_peers_address_is_limited(
    clients: FlaskClient,
) -> None:
    nothing = itertools.repeat(None)
    assert submits_taken(clients, nothing) == SUBMITS_A_MINUTE
    assert submits_taken(clients, nothing, peer="192.0.2.2") == SUBMITS_A_MINUTE


def test_a_visitor_limit_that_cannot_be_counted_refuses_with_503(
    tmp_path: Path,
) -> None:
    """Invariant 6: without Redis no call is accepted, and the visitor gets a number to ring."""
    with running_callme(tmp_path, redis_url="redis://127.0.0.1:1/0") as callme:
        visitor = callme.visitor()
        answer = visitor.post("/api/sites/acme/calls")
        assert answer.status_code == 503
        assert answer.get_json()["type"] == "urn:callme:problem:unavailable"
        assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        assert visitor.get("/call/acme").status_code == 503
        assert callme.store.all_calls() == []


def test_no_log_line_names_the_visitor_who_is_limited(
    untouched: Callme, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = untouched.visitor()
    with caplog.at_level(logging.INFO):
        spend(visitor)
        assert is_refused(visitor)
    assert "refused" in caplog.text
    assert visitor.address not in caplog.text


def test_limits_that_cannot_be_read_stop_the_start() -> None:
    with pytest.raises(ValueError, match="minut"):
        limit_visitor("60/minut")
