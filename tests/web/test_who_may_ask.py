"""Only a page of the site itself, with a fresh token of that site, can ask for a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.callme import Callme, aged, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import ORIGIN, OTHER_ORIGIN, SITES, both_sites
from webapp.domain.tokens import Tokens


@pytest.mark.parametrize(
    "token",
    [
        pytest.param([], id="missing"),
        pytest.param("", id="empty"),
        pytest.param("forged", id="made up"),
        pytest.param(
            "WyJhY21lIiwieCJd.aQ.AAAAAAAAAAAAAAAAAAAAAAAAAAA", id="well made but unsigned"
        ),
        pytest.param(
            Tokens("another key" * 4, HandClock()).issue("acme").text, id="of another key"
        ),
        pytest.param("é" * 2000, id="long and no ASCII"),
    ],
)
def test_without_a_token_of_ours_nothing_is_accepted(
    untouched: Callme, token: str | list[str]
) -> None:
    answer = untouched.visitor().submit(token=token)
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:callme:problem:token"


def test_a_token_of_another_site_is_not_accepted(untouched: Callme) -> None:
    foreign = untouched.visitor("other", OTHER_ORIGIN).token()
    answer = untouched.visitor().submit(token=foreign)
    assert answer.status_code == 403
    assert answer.get_json()["type"] == "urn:callme:problem:token"


def test_a_token_is_stale_after_half_an_hour(tmp_path: Path, clock: HandClock) -> None:
    with running_callme(tmp_path, clock=clock) as callme:
        visitor = callme.visitor()
        in_time, too_late = visitor.token(), visitor.token()
        clock.move(30 * 60 - 2)  # the tokens are two seconds old already
        assert visitor.submit(token=in_time).status_code == 202
        clock.move(1)
        assert visitor.submit(token=too_late).status_code == 403
        assert visitor.submit().status_code == 202, "a new token must be good"


ORIGINS_REFUSED = [
    pytest.param(None, id="missing"),
    pytest.param("", id="empty"),
    pytest.param("null", id="null, as of a sandboxed frame"),
    pytest.param("https://evil.example", id="foreign"),
    pytest.param("https://www.acme.example.evil.example", id="as a prefix"),
    pytest.param("https://evil-www.acme.example", id="as a suffix"),
    pytest.param("https://evilwww.acme.example", id="as a suffix without a dot"),
    pytest.param("https://acme.example", id="the parent domain"),
    pytest.param("https://a.www.acme.example", id="a subdomain"),
    pytest.param("http://www.acme.example", id="plain http"),
    pytest.param("https://www.acme.example:8443", id="another port"),
    pytest.param("https://www.acme.example/", id="with a slash"),
    pytest.param("https://www.acme.example https://evil.example", id="two in one"),
    pytest.param("HTTPS://WWW.ACME.EXAMPLE", id="in capitals, as no browser sends it"),
    pytest.param(OTHER_ORIGIN, id="another site's"),
    pytest.param("https://callme.example", id="our own"),
]


@pytest.mark.parametrize("origin", ORIGINS_REFUSED)
def test_an_origin_that_is_not_on_the_sites_list_is_refused(
    untouched: Callme, origin: str | None
) -> None:
    """For both the token and the call, and that page cannot read the response."""
    token = untouched.visitor().token()
    stranger = untouched.visitor(origin=origin)
    for answer in (
        stranger.get("/api/sites/acme/token"),
        stranger.submit(token=token),
    ):
        assert answer.status_code == 403
        assert answer.get_json()["type"] == "urn:callme:problem:origin"
        assert "Access-Control-Allow-Origin" not in answer.headers


SHARED = both_sites(origins=["https://callme.example"])
"""Here acme's pages are on Callme's own origin, behind one proxy."""


def test_a_page_on_callmes_own_origin_gets_a_token_when_listed(tmp_path: Path) -> None:
    """Its browser sends no Origin with a GET, but a header that says where the page is from, which no
    script can set."""
    with running_callme(tmp_path, sites=SHARED) as callme:
        page = callme.visitor(origin=None)
        answer = page.get("/api/sites/acme/token", headers={"Sec-Fetch-Site": "same-origin"})
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        page.origin = "https://callme.example"  # which browsers do send with a form
        assert page.submit(token=aged(answer.get_json()["token"])).status_code == 202


@pytest.mark.parametrize("told", ["same-site", "cross-site", "none", ""])
@pytest.mark.parametrize("sites", [SITES, SHARED], ids=["elsewhere", "on our own origin"])
def test_a_request_without_origin_gets_no_token_from_another_page(
    tmp_path: Path, sites: str, told: str
) -> None:
    with running_callme(tmp_path, sites=sites) as callme:
        page = callme.visitor(origin=None)
        answer = page.get("/api/sites/acme/token", headers={"Sec-Fetch-Site": told})
        assert answer.status_code == 403


def test_callmes_own_origin_gets_no_token_when_it_is_not_listed(callme: Callme) -> None:
    page = callme.visitor(origin=None)
    answer = page.get("/api/sites/acme/token", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", [ORIGIN, "https://shop.acme.example:8443"])
def test_each_origin_on_the_list_may_ask_and_read_the_answer(callme: Callme, origin: str) -> None:
    answer = callme.visitor(origin=origin).submit()
    assert answer.status_code == 202
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("phone", "token", "status"),
    [("12", None, 422), ("2025550100", "forged", 403)],
    ids=["a bad field", "a bad token"],
)
def test_the_sites_pages_can_read_refusals_too(
    untouched: Callme, phone: str, token: str | None, status: int
) -> None:
    changes = {"phone": phone} | ({"token": token} if token else {})
    answer = untouched.visitor().submit(**changes)
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


def test_the_status_can_be_read_by_the_calls_own_site_only(callme: Callme) -> None:
    visitor = callme.visitor()
    path = f"/api/calls/{visitor.ask_for_call()}"
    assert visitor.get(path).headers["Access-Control-Allow-Origin"] == ORIGIN
    stranger = callme.visitor(origin=OTHER_ORIGIN).get(path)
    assert "Access-Control-Allow-Origin" not in stranger.headers


@pytest.mark.parametrize("origin", [ORIGIN, OTHER_ORIGIN, "null", None])
def test_no_answer_about_a_site_allows_every_origin_or_credentials(
    callme: Callme, origin: str | None
) -> None:
    page = callme.visitor()
    status = f"/api/calls/{page.ask_for_call()}"
    visitor = callme.visitor(origin=origin)
    answers = [
        visitor.get("/api/sites/acme"),
        visitor.get("/api/sites/nobody"),
        visitor.get("/api/sites/acme/token"),
        visitor.submit(phone="(202) 555-0101", token=page.token()),
        visitor.submit(phone="12", token=page.token()),
        visitor.submit(token="forged"),
        visitor.get(status),
    ]
    for answer in answers:
        headers, path = answer.headers, answer.request.path
        assert headers.get("Access-Control-Allow-Origin") in (ORIGIN, None), path
        assert origin == ORIGIN or "Access-Control-Allow-Origin" not in headers, path
        assert "Access-Control-Allow-Credentials" not in headers, path
        assert "Origin" in headers["Vary"], f"a cache could mix up sites: {path}"


def test_the_404_of_an_unknown_call_is_readable_from_any_origin(callme: Callme) -> None:
    """Neither the call nor its site is known, so no origin can be compared and nothing is given away."""
    answer = callme.visitor().get("/api/calls/no-such-call")
    assert answer.status_code == 404
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
