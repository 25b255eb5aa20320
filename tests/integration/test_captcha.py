"""On a site with a captcha only a good answer makes a call; a captcha that is down does not."""

from __future__ import annotations

import json
import re
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.captchas import (
    SECRET,
    SITE_KEY,
    StandInCaptcha,
    captcha_settings,
    stand_in_captcha,
)
from tests.helpers.processes import environment
from tests.helpers.sites import FALLBACK_PHONE, SALES_MENU, both_sites
from tests.helpers.vendors import Script, ScriptedVendor, StandIn, answer, scripted_vendor, stand_in
from tests.helpers.waiting import wait_until
from webapp.cli import main
from webapp.context import EXTENSION, Services
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.providers.captcha import SERVICES, Captcha
from webapp.providers.dialogtech import DialogTech
from webapp.store.breakers import BreakerRepository

GUARDED = both_sites(captcha=True)
OURS = {"Origin": "https://callme.example"}
NOWHERE = "http://127.0.0.1:1/siteverify"
ACCEPTED = {"api": 202, "page": 303}

Ask = Callable[..., TestResponse]


@pytest.fixture(scope="module")
def running_vendor() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


@pytest.fixture(scope="module", params=sorted(SERVICES))
def running_captcha(request: pytest.FixtureRequest) -> Iterator[StandInCaptcha]:
    with stand_in_captcha(request.param) as running:
        yield running


@pytest.fixture(scope="module")
def installation(
    tmp_path_factory: pytest.TempPathFactory,
    running_vendor: StandIn,
    running_captcha: StandInCaptcha,
) -> Iterator[Callme]:
    """Callme with a running dispatcher and a captcha for the site acme."""
    with running_callme(
        tmp_path_factory.mktemp("installation"),
        vendor_url=running_vendor.url,
        dispatcher=True,
        sites=GUARDED,
        **captcha_settings(running_captcha),
    ) as running:
        yield running


@pytest.fixture
def vendor(running_vendor: StandIn) -> StandIn:
    running_vendor.forget()
    return running_vendor


@pytest.fixture
def captcha(running_captcha: StandInCaptcha) -> StandInCaptcha:
    running_captcha.asked.clear()
    return running_captcha


@pytest.fixture
def callme(installation: Callme) -> Iterator[Callme]:
    """The installation, in which nothing has happened yet."""
    services = installation.app.extensions[EXTENSION]
    yield installation
    installation.app.extensions[EXTENSION] = services
    wait_until(installation.store.all_over, 10, "the end of every call")
    installation.store.empty()


@pytest.fixture(params=sorted(ACCEPTED))
def surface(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def ask(surface: str, callme: Callme, captcha: StandInCaptcha) -> Ask:
    """Sends the form as the widget or as the hosted page does, with that answer if any."""

    def send(given: str | None, **changes: str) -> TestResponse:
        visitor = callme.visitor()
        if surface == "api":
            fields = changes if given is None else {"captcha": given, **changes}
            return visitor.submit(**fields)
        fields = changes if given is None else {captcha.service.field: given, **changes}
        return visitor.post("/call/acme", data=visitor.fields(**fields), headers=OURS)

    return send


@pytest.fixture
def untouched(callme: Callme, vendor: StandIn) -> Iterator[Callme]:
    """At the end no call may be stored and no phone may have rung."""
    yield callme
    assert callme.store.all_calls() == [], "a refused request was stored"
    assert vendor.received == [], "a refused request reached the vendor"


def expect_refusal(response: TestResponse, surface: str, status: int, kind: str) -> None:
    """The response names the problem, and offers the owner's number."""
    assert response.status_code == status, response.text
    assert FALLBACK_PHONE in response.text
    if surface == "api":
        body = response.get_json()
        assert body["type"] == f"urn:callme:problem:{kind}"
        assert body["fallback_phone"] == FALLBACK_PHONE


@pytest.mark.parametrize("host", ["www.acme.example", "shop.acme.example", "callme.example"])
def test_a_good_answer_makes_a_call(
    callme: Callme, vendor: StandIn, captcha: StandInCaptcha, ask: Ask, surface: str, host: str
) -> None:
    """It may come from the owner's pages or ours. The service gets the secret and the answer, but no
    visitor's address."""
    given = captcha.solve(host)
    assert ask(given).status_code == ACCEPTED[surface]
    assert captcha.asked == [{"secret": SECRET, "response": given}]
    wait_until(callme.store.all_over, 10, "the call's end")
    assert callme.store.statuses() == [CallStatus.CONNECTED]
    assert len(vendor.received) == 1


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("missing", "captcha_missing"),
        ("empty", "captcha_missing"),
        ("wrong", "captcha_refused"),
        ("used twice", "captcha_refused"),
        ("given on another host", "captcha_refused"),
        ("endless", "captcha_refused"),
    ],
)
def test_any_other_answer_is_refused(
    untouched: Callme,
    captcha: StandInCaptcha,
    ask: Ask,
    surface: str,
    case: str,
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    given = {
        "missing": None,
        "empty": "",
        "wrong": "made-up",
        "used twice": captcha.use(captcha.solve()),
        "given on another host": captcha.solve("www.acme.example.evil.example"),
        "endless": "x" * 9000,
    }[case]
    expect_refusal(ask(given), surface, 403, "refused")
    assert f"reason={reason} " in caplog.text


def test_an_answer_is_good_for_one_call(
    callme: Callme, captcha: StandInCaptcha, ask: Ask, surface: str
) -> None:
    given = captcha.solve()
    assert ask(given).status_code == ACCEPTED[surface]
    expect_refusal(ask(given), surface, 403, "refused")
    assert len(callme.store.all_calls()) == 1


def test_the_same_request_again_needs_no_new_answer(
    callme: Callme, captcha: StandInCaptcha, ask: Ask, surface: str
) -> None:
    """Its answer was used up when the first was accepted, and it makes no second call."""
    given, request_id = captcha.solve(), str(uuid.uuid4())
    answers = [ask(given, request_id=request_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [ACCEPTED[surface]] * 2
    assert len(callme.store.all_calls()) == len(captcha.asked) == 1
    assert answers[0].headers["Location"] == answers[1].headers["Location"]


def test_while_the_vendor_is_down_no_answer_is_used_up(
    tmp_path: Path, captcha: StandInCaptcha
) -> None:
    """The visitor is given the owner's number at once, and the service is not even asked."""
    with running_callme(
        tmp_path, sites=GUARDED, breaker_failures=1, **captcha_settings(captcha)
    ) as callme:
        BreakerRepository(callme.store.database, utc_now, DialogTech.name, 1).failed(SALES_MENU)
        answer = callme.visitor().submit(captcha=captcha.solve())
        expect_refusal(answer, "api", 503, "unavailable")
        assert captcha.asked == []


def test_other_faults_are_reported_without_using_up_the_captcha_answer(
    callme: Callme, captcha: StandInCaptcha, ask: Ask, surface: str
) -> None:
    given = captcha.solve()
    assert ask(given, phone="12").status_code == 422
    assert ask(given, token="forged").status_code == 403
    assert captcha.asked == []
    assert ask(given).status_code == ACCEPTED[surface]


# Faults between us and the service.


def _silence(connection: socket.socket, _head: bytes) -> None:
    connection.recv(1 << 16)  # the rest of the request, and then until we hang up
    connection.recv(1)


def _endless(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b'{"success": true, ' * 1000)


def _hang_up(_connection: socket.socket, _head: bytes) -> None:
    pass


def _says(**verdict: object) -> Script:
    return answer(json.dumps({key.replace("_", "-"): value for key, value in verdict.items()}))


FAULTS: dict[str, Script] = {
    "silent": _silence,
    "hangs up": _hang_up,
    "HTTP 500": answer('{"success": true}', "500 Internal Server Error"),
    "HTTP 429": answer('{"success": true}', "429 Too Many Requests"),
    "HTML": answer("<html>success: true</html>"),
    "nothing": answer(""),
    "no object": answer('["success", true]'),
    "deep": answer("[" * 9000),
    "success in a word": _says(success="true"),
    "codes that are no list": _says(success=True, error_codes="bad"),
    "the secret is wrong": _says(success=False, error_codes=["invalid-input-secret"]),
    "a code that nobody knows": _says(success=False, error_codes=["new-code"]),
    "one code of many": _says(
        success=False, error_codes=["timeout-or-duplicate", "invalid-input-secret"]
    ),
    "success with an unknown code": _says(success=True, error_codes=["new-code"]),
    "endless": _endless,
}


@contextmanager
def faulty(callme: Callme, captcha: StandInCaptcha, script: Script) -> Iterator[ScriptedVendor]:
    """Replaces the service by another, for which our patience is short."""
    with scripted_vendor(script) as fault:
        use_captcha(callme, captcha, fault.url)
        yield fault


def use_captcha(callme: Callme, captcha: StandInCaptcha, url: str, secret: str = SECRET) -> None:
    services: Services = callme.app.extensions[EXTENSION]
    broken = Captcha(captcha.service, SITE_KEY, secret, url, timeouts=(1.0, 0.2))
    callme.app.extensions[EXTENSION] = replace(services, captcha=broken)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_captcha_that_cannot_be_checked_lets_nobody_through(
    untouched: Callme,
    captcha: StandInCaptcha,
    ask: Ask,
    surface: str,
    fault: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with faulty(untouched, captcha, FAULTS[fault]) as service:
        expect_refusal(ask(captcha.solve()), surface, 503, "unavailable")
        # On a busy machine our timeout may end before the service has begun to read.
        wait_until(lambda: service.heads, 10, "the question at the service")
        assert len(service.heads) == 1, "asked again"
    assert "reason=captcha_unavailable " in caplog.text


def test_an_unreachable_captcha_service_refuses_the_form(
    untouched: Callme, captcha: StandInCaptcha, ask: Ask, surface: str
) -> None:
    use_captcha(untouched, captcha, NOWHERE)
    expect_refusal(ask(captcha.solve()), surface, 503, "unavailable")


def test_no_redirect_is_followed(
    untouched: Callme, captcha: StandInCaptcha, ask: Ask, surface: str
) -> None:
    """A redirect would send the secret to wherever it points, here to a server that approves it."""
    away = answer("", "307 Temporary Redirect", f"Location: {captcha.url}")
    with faulty(untouched, captcha, away):
        expect_refusal(ask(captcha.solve()), surface, 503, "unavailable")
    assert captcha.asked == []


def test_a_wrong_secret_is_the_operators_fault_and_not_the_visitors(
    untouched: Callme, captcha: StandInCaptcha, ask: Ask, surface: str
) -> None:
    use_captcha(untouched, captcha, captcha.url, secret="of-another-account")
    expect_refusal(ask(captcha.solve()), surface, 503, "unavailable")


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
def test_neither_secret_nor_answer_is_ever_logged(
    untouched: Callme,
    captcha: StandInCaptcha,
    ask: Ask,
    status: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not even if the service sends them back, nor in the text of a library's exception."""
    caplog.set_level("DEBUG")
    given = captcha.solve()
    echo = json.dumps({"success": False, "error-codes": [f"{SECRET}={given}"]})
    with faulty(untouched, captcha, answer(echo, status)):
        assert ask(given).status_code == 503
    use_captcha(untouched, captcha, NOWHERE)
    assert ask(given).status_code == 503
    assert "canary" not in caplog.text
    assert given not in caplog.text
    assert "captcha cannot be checked" in caplog.text, "nothing was logged at all"


def test_a_verdict_without_a_host_name_is_accepted(callme: Callme) -> None:
    """hCaptcha sends no host under heavy traffic."""
    with stand_in_captcha("hcaptcha") as captcha:
        use_captcha(callme, captcha, captcha.url)
        given = captcha.solve("not-provided")
        assert callme.visitor().submit(captcha=given).status_code == 202


# What the pages and the widget get.


def test_a_site_without_a_captcha_asks_for_none(callme: Callme, captcha: StandInCaptcha) -> None:
    visitor = callme.visitor("other", "https://other.example")
    assert visitor.get("/api/sites/other").get_json()["captcha"] is None
    assert visitor.submit(phone="020 7946 0018", receptionist="all").status_code == 202
    assert "script" not in visitor.get("/call/other").headers["Content-Security-Policy"]
    assert captcha.asked == []


def test_the_widget_learns_what_it_needs_and_no_secret(
    callme: Callme, captcha: StandInCaptcha
) -> None:
    visitor = callme.visitor()
    answer = visitor.get("/api/sites/acme")
    captcha_config = answer.get_json()["captcha"]
    assert {name: captcha_config[name] for name in ("service", "site_key", "script", "object")} == {
        "service": captcha.service.name,
        "site_key": SITE_KEY,
        "script": captcha.service.script,
        "object": captcha.service.script_object,
    }
    form = visitor.get(visitor.form_address()).text
    assert SITE_KEY in form
    assert SECRET not in answer.text + visitor.get("/w/acme.js").text + form


def test_only_sites_with_a_captcha_load_its_module(callme: Callme) -> None:
    """The module is not among the files that every visitor downloads."""
    launcher = callme.visitor().get("/w/acme.js").text
    (version,) = re.findall(r'version:"([0-9a-f]+)"', launcher)
    base = f"/widget/{version}/"
    module = callme.visitor().get(f"{base}captcha.js")
    assert module.mimetype == "text/javascript"
    own = "callmeCaptchaLoaded"
    assert own in module.text
    assert own not in launcher + callme.visitor().get(f"{base}panel.js").text


def directives(visitor: Visitor, path: str) -> dict[str, list[str]]:
    policy = visitor.get(path).headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in policy.split("; "))}


def test_the_form_of_a_site_with_a_captcha_allows_its_service_and_nothing_else(
    callme: Callme, captcha: StandInCaptcha
) -> None:
    """No other page allows anything from the service."""
    visitor = callme.visitor()
    page = visitor.get("/call/acme")
    (nonce,) = set(re.findall(r'nonce="([^"]+)"', page.text))
    policy = page.headers["Content-Security-Policy"]
    assert (
        f"script-src 'nonce-{nonce}' {' '.join(captcha.service.sources['script-src'])};" in policy
    )
    assert f'class="{captcha.service.element}" data-sitekey="{SITE_KEY}"' in page.text
    assert "unsafe" not in policy
    allowed, other = directives(visitor, "/call/acme"), directives(visitor, "/call/other")
    for name, sources in captcha.service.sources.items():
        assert set(sources) <= set(allowed[name])
        assert not set(sources) & set(other.get(name, []))
    assert set(allowed) - set(other) <= {"script-src", "frame-src", "connect-src"}
    assert directives(visitor, "/call/acme/nothing").keys() == other.keys()
    assert allowed["default-src"] == ["'none'"]


def test_a_form_that_is_shown_again_still_has_its_captcha(
    callme: Callme, captcha: StandInCaptcha
) -> None:
    visitor = callme.visitor()
    page = visitor.post("/call/acme", data=visitor.fields(phone="12"), headers=OURS)
    assert page.status_code == 422
    assert captcha.service.element in page.text
    assert captcha.service.sources["script-src"][0] in page.headers["Content-Security-Policy"]


@pytest.fixture
def unconfigured(tmp_path: Path, vendor: StandIn) -> Iterator[Callme]:
    """A site that requires a captcha, in an installation that has none."""
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=GUARDED) as running:
        yield running
        assert running.store.all_calls() == []
        assert all(record.method == "HEAD" for record in vendor.received), "a phone was rung"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/sites/acme/calls"), ("POST", "/call/acme"), ("GET", "/call/acme")],
)
def test_a_site_whose_captcha_is_not_configured_takes_no_calls(
    unconfigured: Callme, method: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = unconfigured.visitor()
    form = {"data": visitor.fields(captcha="anything")} if method == "POST" else {}
    headers = OURS if path.startswith("/call") else {}
    response = visitor.open(method, path, headers=headers, **form)
    assert response.status_code == 503
    assert FALLBACK_PHONE in response.text
    assert "reason=captcha_not_configured " in caplog.text


@pytest.mark.parametrize("named", [None, "turnstile"])
def test_check_names_the_sites_that_wait_for_a_captcha(
    unconfigured: Callme, vendor: StandIn, named: str | None
) -> None:
    keys = {"captcha_site_key": SITE_KEY, "captcha_secret": SECRET} if named else {}
    settings = environment(
        unconfigured.store, vendor.url, captcha=named, public_url="https://callme.example", **keys
    )
    result = CliRunner(env=settings).invoke(main, ["check"])
    wanted = (
        "callme: site acme: captcha = true needs CALLME_CAPTCHA; until then it takes no calls\n"
    )
    assert result.output == ("all is well\n" if named else wanted)
    assert result.exit_code == (0 if named else 1)


def test_without_javascript_the_form_says_that_it_cannot_be_sent(
    callme: Callme, captcha: StandInCaptcha
) -> None:
    page = callme.visitor().get("/call/acme").text
    (said,) = re.findall(r"<noscript>(.*?)</noscript>", page, re.DOTALL)
    assert "Without JavaScript this form cannot be sent." in said
    assert f'href="tel:{FALLBACK_PHONE}"' in said
