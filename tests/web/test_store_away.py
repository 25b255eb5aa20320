"""While the database cannot be used, no call is accepted, and the visitor gets a number to ring."""

from __future__ import annotations

from tests.helpers.callme import Callme
from tests.helpers.sites import FALLBACK_PHONE, ORIGIN
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import new_call_id


def take_away(callme: Callme, *tables: str) -> None:
    for table in tables:
        callme.store.execute(f"ALTER TABLE {table} RENAME TO away_{table}")


def bring_back(callme: Callme, *tables: str) -> None:
    for table in tables:
        callme.store.execute(f"ALTER TABLE away_{table} RENAME TO {table}")


def test_a_call_that_cannot_be_stored_is_not_accepted(callme: Callme, vendor: StandIn) -> None:
    visitor = callme.visitor()
    form = visitor.fields()
    take_away(callme, "calls")
    answer = visitor.post("/api/sites/acme/calls", data=form)
    body = answer.get_json()
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert body["type"] == "urn:callme:problem:unavailable"
    assert body["fallback_phone"] == FALLBACK_PHONE
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    bring_back(callme, "calls")
    assert callme.store.all_calls() == []
    assert visitor.post("/api/sites/acme/calls", data=form).status_code == 202
    wait_until(lambda: vendor.phones == ["2025550100"], 10, "the one call that was accepted")


def test_half_a_call_is_never_stored(callme: Callme) -> None:
    """If its first event cannot be written, the call is rolled back too."""
    visitor = callme.visitor()
    form = visitor.fields()
    take_away(callme, "call_events")
    assert visitor.post("/api/sites/acme/calls", data=form).status_code == 503
    bring_back(callme, "call_events")
    assert callme.store.all_calls() == []


def test_cached_sites_are_used_while_the_database_is_away(callme: Callme) -> None:
    """So a visitor still gets the owner's number, and the owner's page can read the response."""
    visitor = callme.visitor()
    assert visitor.get("/api/sites/acme").status_code == 200
    take_away(callme, "calls", "sites")
    wait_until(
        lambda: visitor.get("/readyz").status_code == 503, 20, "the database is seen to be away"
    )
    unknown = visitor
    wait_until(
        lambda: unknown.get("/api/sites/nobody").status_code == 503,
        20,
        "the memory is older than a second, so that an unknown site cannot be told to be unknown",
    )
    answer = visitor.submit()
    assert answer.status_code == 503
    assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    page = callme.visitor(origin=None).get(f"/call/acme/{new_call_id()}")
    assert page.status_code == 503
    assert f"tel:{FALLBACK_PHONE}" in page.text
    bring_back(callme, "calls", "sites")
    wait_until(
        lambda: callme.visitor().submit().status_code == 202, 5, "the database is asked again"
    )


def test_a_changed_site_shows_within_seconds(callme: Callme) -> None:
    visitor = callme.visitor()
    assert visitor.get("/api/sites/acme").get_json()["name"] == "Acme Corp"
    callme.store.execute("UPDATE sites SET config = json_set(config, '$.name', 'Acme Ltd')")
    wait_until(
        lambda: visitor.get("/api/sites/acme").get_json()["name"] == "Acme Ltd",
        5,
        "the new name in the public configuration",
    )
    assert '"Acme Ltd"' in visitor.get(visitor.form_address()).text
