"""A person takes a moment, leaves the unseen field alone, and sends each form once. A script may not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.callme import SECRET_KEY, Callme, Store, aged, running_callme
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from webapp.domain.calls import Call
from webapp.domain.clock import utc_now
from webapp.domain.consent import Agreement
from webapp.domain.limits import CallLimits, LimitReached
from webapp.domain.refusals import Reason
from webapp.domain.tokens import Tokens
from webapp.store.intake import Intake


def test_a_form_whose_unseen_field_is_filled_in_is_refused(untouched: Callme) -> None:
    """The refusal is neutral and offers the owner's number, as a person's browser may have filled it
    in."""
    answer = untouched.visitor().submit(website="https://spam.example")
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:callme:problem:refused"
    assert answer.get_json()["fallback_phone"] == "+12025550199"
    assert "website" not in answer.text
    form = untouched.visitor().fields(website="x")
    assert untouched.visitor(origin=None).post("/call/acme", data=form).status_code == 403


def test_a_form_that_comes_back_within_a_second_is_refused(
    tmp_path: Path, clock: HandClock
) -> None:
    with running_callme(tmp_path, clock=clock) as callme:
        visitor = callme.visitor()
        fresh = visitor.get("/api/sites/acme/token").get_json()["token"]
        clock.move(0.999)
        assert visitor.submit(token=fresh).status_code == 403
        page = callme.visitor(origin=None)
        assert page.post("/call/acme", data=page.fields(token=fresh)).status_code == 403
        assert callme.store.all_calls() == [], "a refused request was stored"


def test_a_token_makes_one_call(callme: Callme) -> None:
    """Sent again with another id, it is refused; with the same id, it is the same call."""
    visitor = callme.visitor()
    form = visitor.fields()
    first = visitor.post("/api/sites/acme/calls", data=form)
    again = visitor.post("/api/sites/acme/calls", data=form)
    other = visitor.submit(token=form["token"], phone="(202) 555-0101")
    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 403)
    assert first.get_json()["id"] == again.get_json()["id"]
    assert other.get_json()["type"] == "urn:callme:problem:token"
    page = visitor.fields(token=form["token"], phone="(202) 555-0102")
    assert callme.visitor(origin=None).post("/call/acme", data=page).status_code == 403
    assert len(callme.store.all_calls()) == 1


def test_a_form_with_a_fault_can_be_mended_with_the_same_token(callme: Callme) -> None:
    visitor = callme.visitor()
    token = visitor.token()
    assert visitor.submit(token=token, phone="12").status_code == 422
    assert visitor.submit(token=token).status_code == 202


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_many_concurrent_forms_with_one_token_one_makes_a_call(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Through the intakes of two processes, and without any limit that would make them take turns."""
    on_postgres = kind == "postgresql"
    where = request.getfixturevalue("postgres_url") if on_postgres else tmp_path / "callme.db"
    stores = [Store(where), Store(where)]
    stores[0].set_up()
    intakes = [Intake(store.database, store.suppressions) for store in stores]

    def ask(at: int) -> Call | LimitReached:
        try:
            return intakes[at % 2].add(a_call(), CallLimits(), Agreement(token_id="one"))
        except LimitReached as refusal:
            return refusal

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(ask, range(40)))
    refused = [outcome.reason for outcome in outcomes if isinstance(outcome, LimitReached)]
    assert refused == [Reason.TOKEN_SPENT] * 39
    assert len(stores[0].all_calls()) == 1
    for store in stores:
        store.close()


def test_a_form_that_did_not_ask_for_consent_is_not_taken_once_it_is_asked_for(
    untouched: Callme,
) -> None:
    """Its token says that it showed no sentence, so the visitor has agreed to nothing."""
    token = aged(Tokens(SECRET_KEY, utc_now).issue("acme").text)
    answer = untouched.visitor().submit(token=token)
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:callme:problem:token"
