"""Every route says which guards stand before it, and each of them is seen to refuse there.

A route that is new fails until it stands in the table. What a guard refuses is neither stored nor
rung, and is counted under its own reason code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, running_callme
from tests.helpers.sites import SALES_MENU, SITES, both_sites, other_site, site, sites_toml
from tests.helpers.vendors import stand_in
from webapp.domain.clock import utc_now
from webapp.domain.suppression import Source
from webapp.providers.dialogtech import DialogTech
from webapp.store.breakers import BreakerRepository
from webapp.store.pauses import PauseRepository
from webapp.store.refusals import RefusalRepository
from webapp.web.guards.limits import limit_of
from webapp.web.recording import SUBMITS

DIALS = {
    "visitor",
    "known site",
    "form",
    "origin",
    "pause",
    "honeypot",
    "token",
    "token once",
    "where",
    "proof",
    "captcha",
    "breaker",
    "suppression",
    "number",
    "site",
    "installation",
}
"""The guards of a route that can have a phone rung."""

GUARDS: dict[str, set[str]] = {
    "api.submit": DIALS,
    "pages.submit": DIALS,
    "api.config": {"visitor", "known site"},
    "api.token": {"visitor", "known site", "origin"},
    "api.status": {"visitor"},  # the call's id is the key: 128 random bits
    "pages.form": {"visitor", "known site"},
    "plans.slots": {"visitor", "known site", "origin"},
    "plans.move": {"visitor", "form"},  # and the call's key, and origin: test_later.py
    "plans.cancel": {"visitor", "form"},
    "status.show": {"visitor", "known site"},
    "status.change": {"visitor", "known site", "origin"},  # and the call's key
    "status.calendar": {"visitor", "known site"},
    "stop.form": {"visitor"},
    "stop.submit": {"visitor", "form", "origin", "token"},
    "post_call.report": {"visitor"},  # a secret of its own, which tests/web/test_post_call.py tries
    # Public files and the operator's checks, which change nothing and say nothing about a visitor.
    "static": set(),
    "widget.launcher": {"known site"},
    "widget.form": {"known site"},
    "widget.module": set(),
    "ops.healthz": set(),
    "ops.readyz": set(),
    "reference.description": {"visitor"},
    "reference.page": {"visitor"},
    "ops.metrics": set(),  # except for a token of its own: test_metrics.py
}

PATHS = {
    "api.submit": ("POST", "/api/sites/{site}/calls"),
    "pages.submit": ("POST", "/call/{site}"),
    "api.config": ("GET", "/api/sites/{site}"),
    "api.token": ("GET", "/api/sites/{site}/token"),
    "api.status": ("GET", "/api/calls/x"),
    "pages.form": ("GET", "/call/{site}"),
    "plans.slots": ("GET", "/api/sites/{site}/slots?receptionist=sales"),
    "plans.move": ("POST", "/api/calls/x/when"),
    "plans.cancel": ("POST", "/api/calls/x/cancel"),
    "status.show": ("GET", "/call/{site}/x"),
    "status.change": ("POST", "/call/{site}/x"),
    "status.calendar": ("GET", "/call/{site}/x.ics"),
    "stop.form": ("GET", "/stop"),
    "stop.submit": ("POST", "/stop"),
    "post_call.report": ("GET", "/hooks/dialogtech/post-call"),
    "widget.launcher": ("GET", "/w/{site}.js"),
    "widget.form": ("GET", "/w/{site}/00000000.js"),
    "reference.description": ("GET", "/openapi.json"),
    "reference.page": ("GET", "/openapi"),
}


@dataclass(frozen=True)
class Probe:
    """How a guard is made to refuse. `before` sets it up; `reasons` are those that may be counted."""

    reasons: set[str]
    before: Callable[[Callme], object] = lambda callme: None
    fields: dict[str, str] = field(default_factory=dict)
    sites: str = SITES
    breaker_failures: int = 0
    calls_per_day: int = 0
    content_type: str | None = None
    foreign: bool = False
    first: int = 0
    """How many valid requests come before it."""


def limited(**limits: int) -> str:
    return sites_toml(acme=site(limits=limits), other=other_site(limits=limits))


def suppress(callme: Callme) -> None:
    callme.store.suppressions.add(["+12025550100"], Source.OPERATOR)


def pause(callme: Callme) -> None:
    PauseRepository(callme.store.database, utc_now).pause("acme")


def break_down(callme: Callme) -> None:
    BreakerRepository(callme.store.database, utc_now, DialogTech.name, 1).failed(SALES_MENU)


PROBES = {
    "form": Probe({"not_a_form"}, content_type="application/json"),
    "origin": Probe({"origin_not_allowed", "origin_not_ours"}, foreign=True),
    "pause": Probe({"paused"}, pause),
    "honeypot": Probe({"honeypot"}, fields={"website": "x"}),
    "token": Probe({"token_missing"}, fields={"token": ""}),
    "token once": Probe({"token_spent"}, first=1),
    "where": Probe({"phone_of_no_country"}, fields={"phone": "+881612345678"}),
    "proof": Probe({"proof_missing"}, sites=both_sites(proof_of_work="always")),
    "captcha": Probe({"captcha_not_configured"}, sites=both_sites(captcha=True)),
    "breaker": Probe({"vendor_down"}, break_down, breaker_failures=1),
    "suppression": Probe({"suppressed"}, suppress),
    "number": Probe({"number_pause"}, sites=limited(number_pause_seconds=60), first=1),
    "site": Probe({"site_per_hour"}, sites=limited(number_pause_seconds=0, per_hour=1), first=1),
    "installation": Probe({"installation_per_day"}, calls_per_day=1, first=1),
}


def routes(callme: Callme) -> set[str]:
    return {rule.endpoint for rule in callme.app.url_map.iter_rules()}


def send(callme: Callme, endpoint: str, probe: Probe, token: str) -> TestResponse:
    method, path = PATHS[endpoint]
    by_page = endpoint.startswith(("pages", "status", "stop"))
    origin = "https://evil.example" if probe.foreign else None
    visitor = callme.visitor(origin=origin) if by_page or probe.foreign else callme.visitor()
    form = visitor.fields(**{"token": token, **probe.fields})
    return visitor.open(
        method, path.format(site="acme"), data=form, content_type=probe.content_type
    )


def counted(callme: Callme) -> set[str]:
    callme.app.extensions["callme_refusals"].write()
    found = RefusalRepository(callme.store.database).since(utc_now().replace(year=2020))
    return {refusal.reason for refusal in found}


def test_every_route_says_which_guards_stand_before_it(callme: Callme) -> None:
    assert routes(callme) == GUARDS.keys()
    methods = {
        rule.endpoint for rule in callme.app.url_map.iter_rules() if "POST" in (rule.methods or ())
    }
    # These change nothing: they are POSTed so that no cache answers, and no address has a number.
    changing = methods - {"api.token", "api.status", "plans.slots"}
    assert changing == {
        *("api.submit", "pages.submit", "stop.submit"),
        *("plans.move", "plans.cancel", "status.change"),
    }, "a new route changes things"
    assert {name for name, guards in GUARDS.items() if guards == DIALS} == set(SUBMITS)


@pytest.mark.parametrize(
    ("endpoint", "guard"),
    [(name, guard) for name, guards in GUARDS.items() for guard in sorted(guards & PROBES.keys())],
)
def test_each_guard_refuses_at_each_route_that_it_stands_before(
    tmp_path: Path, endpoint: str, guard: str
) -> None:
    probe = PROBES[guard]
    with (
        stand_in() as vendor,
        running_callme(
            tmp_path,
            vendor_url=vendor.url,
            sites=probe.sites,
            breaker_failures=probe.breaker_failures,
            calls_per_day=probe.calls_per_day,
        ) as callme,
    ):
        token = callme.visitor().token()
        for _ in range(probe.first):
            first = Probe(set(), fields={})
            answer = send(callme, endpoint, first, token)
            assert answer.status_code in (202, 303), answer.text
            if guard != "token once":
                token = callme.visitor().token()
        probe.before(callme)
        forget_copies(callme)
        answer = send(callme, endpoint, probe, token)
        assert answer.status_code in (403, 415, 422, 429, 503), f"{guard} does not refuse"
        assert counted(callme) & probe.reasons, f"{guard}: counted were {counted(callme)}"
        assert len(callme.store.all_calls()) == probe.first
        assert vendor.received == []


@pytest.mark.unmeasured
@pytest.mark.parametrize("endpoint", [name for name, one in GUARDS.items() if "visitor" in one])
def test_each_visitor_is_limited_at_each_route_that_says_so(callme: Callme, endpoint: str) -> None:
    method, path = PATHS[endpoint]
    visitor = callme.visitor()
    limit = int(limit_of(callme.app.view_functions[endpoint]).partition("/")[0])
    for _ in range(limit):
        assert visitor.open(method, path.format(site="acme")).status_code != 429
    assert visitor.open(method, path.format(site="acme")).status_code == 429


@pytest.mark.parametrize("endpoint", [name for name, one in GUARDS.items() if "known site" in one])
def test_an_unknown_site_is_unknown_at_each_route(callme: Callme, endpoint: str) -> None:
    method, path = PATHS[endpoint]
    assert callme.visitor().open(method, path.format(site="nobody")).status_code == 404


@pytest.mark.parametrize("endpoint", SUBMITS)
@pytest.mark.parametrize(
    "table", ["sites", "pauses", "suppressions", "calls", "call_evidence", "alarms", "breakers"]
)
def test_a_guard_that_cannot_be_checked_refuses(tmp_path: Path, endpoint: str, table: str) -> None:
    """Whichever table it needs: nothing is stored, and the owner's number is offered."""
    sites = both_sites(proof_of_work=None)
    with (
        stand_in() as vendor,
        running_callme(tmp_path, vendor_url=vendor.url, sites=sites, breaker_failures=5) as callme,
    ):
        token = callme.visitor().token()
        callme.store.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
        forget_copies(callme)
        answer = send(callme, endpoint, Probe(set()), token)
        assert answer.status_code == (403 if table == "alarms" else 503), answer.text
        callme.store.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
        assert callme.store.all_calls() == []
        assert vendor.received == []
        forget_copies(callme)
        assert send(callme, endpoint, Probe(set()), token).status_code in (202, 303)


def forget_copies(callme: Callme) -> None:
    """Caches of the database may be a second old; the test makes them expire at once."""
    services = callme.app.extensions["callme"]
    services.sites._cached.expire()
    services.attack._others.expire()
    services.request_call._breaker._states.expire()
