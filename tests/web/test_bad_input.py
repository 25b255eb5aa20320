"""One response reports everything that is wrong with a form; nothing is stored, and no phone rings."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme

NO_NUMBER = "That does not look like a full phone number. Example: (202) 555-0100"
EXTENSION = "We cannot dial an extension. Please give a number that rings you directly."
ABROAD = "We can only call numbers in these countries: United States and Canada."
NEW_AREA = "We do not know numbers that begin like this. If it is right, please call us."


def expect_problem(answer: TestResponse, status: int, kind: str) -> dict[str, Any]:
    """The response's body, after checking that it is a problem of RFC 9457."""
    body: dict[str, Any] = answer.get_json()
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    assert body["type"] == f"urn:callme:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    return body


@pytest.mark.parametrize(
    ("phone", "sentence"),
    [
        pytest.param("", NO_NUMBER, id="none"),
        pytest.param([], NO_NUMBER, id="no field"),
        pytest.param("555", NO_NUMBER, id="too short"),
        pytest.param("2025550100222222", NO_NUMBER, id="too long"),
        pytest.param("2" * 10_000, NO_NUMBER, id="10 kB long"),
        pytest.param("call me maybe", NO_NUMBER, id="letters"),
        pytest.param("1-800-FLOWERS", NO_NUMBER, id="vanity"),
        pytest.param("📞📞📞", NO_NUMBER, id="emoji"),
        pytest.param("2025550100\0", NO_NUMBER, id="NUL"),
        pytest.param("5551112222", NEW_AREA, id="no such area"),
        pytest.param("(202) 555-0100 ext. 5", EXTENSION, id="extension"),
        pytest.param("+44 20 7946 0018", ABROAD, id="region not allowed"),
        pytest.param("+1 876 555 0123", ABROAD, id="Jamaica, +1 but not allowed"),
        pytest.param("+800 1234 5678", ABROAD, id="no country's number"),
    ],
)
def test_a_number_that_cannot_be_called_gives_an_error_sentence(
    untouched: Callme, phone: str | list[str], sentence: str
) -> None:
    body = expect_problem(untouched.visitor().submit(phone=phone), 422, "validation")
    assert body["errors"] == {"phone": [sentence]}


def test_every_bad_field_is_named_at_once(untouched: Callme) -> None:
    answer = untouched.visitor().submit(
        phone="12", receptionist="nobody", consent="no", request_id="1"
    )
    body = expect_problem(answer, 422, "validation")
    assert body["errors"] == {
        "phone": [NO_NUMBER],
        "receptionist": ["Please choose who you would like to talk to."],
        "consent": ["Please agree to be called."],
        "request_id": ["This request has no valid id. Please reload the page."],
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("receptionist", "", id="none chosen of several"),
        pytest.param("receptionist", [], id="no choice sent"),
        pytest.param("receptionist", "55443322", id="a menu id for a key"),
        pytest.param("receptionist", "all", id="another site's key"),
        pytest.param("consent", [], id="consent missing"),
        pytest.param("consent", "", id="consent empty"),
        pytest.param("consent", "on", id="consent in another word"),
        pytest.param("request_id", [], id="no request id"),
        pytest.param("request_id", "x" * 36, id="no UUID"),
        pytest.param("request_id", str(uuid.uuid4()) + "0", id="longer than a UUID"),
    ],
)
def test_one_bad_field_is_named_alone(
    untouched: Callme, field: str, value: str | list[str]
) -> None:
    body = expect_problem(untouched.visitor().submit(**{field: value}), 422, "validation")
    assert list(body["errors"]) == [field]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("phone", ["2025550100", "2025550111"]),
        ("phone", ["2025550100", "2025550100"]),
        ("receptionist", ["sales", "help"]),
        ("consent", ["yes", "no"]),
        ("request_id", [str(uuid.uuid4()), str(uuid.uuid4())]),
        ("token", ["x", "y"]),
        ("page_url", ["https://a.example", "https://b.example"]),
    ],
)
def test_a_field_that_was_sent_twice_is_refused(
    untouched: Callme, field: str, values: list[str]
) -> None:
    """It is not clear which of the two is meant, and a guess could ring the wrong phone."""
    body = expect_problem(untouched.visitor().submit(**{field: values}), 422, "validation")
    assert body["errors"] == {field: ["This was sent more than once."]}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param('{"phone": "2025550100"}', "application/json", id="JSON"),
        pytest.param("phone=2025550100", "text/plain", id="text"),
        pytest.param("phone=2025550100", "", id="no type"),
        pytest.param("", "", id="nothing at all"),
        pytest.param("<phone/>", "application/xml", id="XML"),
        pytest.param(
            "phone=2025550100", "application/x-www-form-urlencoded-not", id="nearly a form"
        ),
        pytest.param("phone=2025550100", "multipart/mixed; boundary=x", id="another multipart"),
    ],
)
def test_a_body_that_is_no_form_is_refused(untouched: Callme, body: str, content_type: str) -> None:
    answer = untouched.visitor().post("/api/sites/acme/calls", data=body, content_type=content_type)
    expect_problem(answer, 415, "media-type")


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_over_16_kb_is_refused(untouched: Callme, content_type: str) -> None:
    visitor = untouched.visitor()
    answer = visitor.post(
        "/api/sites/acme/calls",
        data=visitor.fields(referrer="x" * 17_000),
        content_type=content_type,
    )
    expect_problem(answer, 413, "too-large")


def test_a_form_of_too_many_parts_is_refused(untouched: Callme) -> None:
    visitor = untouched.visitor()
    form = visitor.fields(**{f"f{number}": "x" for number in range(60)})
    answer = visitor.post("/api/sites/acme/calls", data=form, content_type="multipart/form-data")
    expect_problem(answer, 413, "too-large")


def test_a_body_under_16_kb_is_read_whole(callme: Callme) -> None:
    assert callme.visitor().submit(referrer="x" * 15_000).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/api/sites/acme/calls", {"OPTIONS", "POST"}),
        ("PUT", "/api/sites/acme/calls", {"OPTIONS", "POST"}),
        ("DELETE", "/api/calls/x", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("PUT", "/api/sites/acme/token", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/api/sites/acme", {"GET", "HEAD", "OPTIONS"}),
        ("PATCH", "/call/acme", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/w/acme.js", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_refused_and_the_right_ones_are_named(
    untouched: Callme, method: str, path: str, allowed: set[str]
) -> None:
    answer = untouched.visitor().open(method, path)
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/sites/nobody"),
        ("GET", "/api/sites/nobody/token"),
        ("POST", "/api/sites/nobody/calls"),
        ("GET", "/api/sites/acme%00"),
    ],
)
def test_an_unknown_site_is_not_found(untouched: Callme, method: str, path: str) -> None:
    expect_problem(untouched.visitor().open(method, path), 404, "unknown-site")


def test_an_internal_error_is_a_500_problem_without_details(
    callme: Callme, caplog: pytest.LogCaptureFixture
) -> None:
    """The operator finds it in the log; the visitor learns only that it was not their fault."""

    @callme.app.get("/api/crash")
    def crash() -> str:
        raise ZeroDivisionError("inner workings")

    answer = callme.visitor().get("/api/crash")
    assert "inner" not in str(expect_problem(answer, 500, "internal"))
    assert "ZeroDivisionError: inner workings" in caplog.text


def test_an_unknown_api_address_is_a_not_found_problem(untouched: Callme) -> None:
    expect_problem(untouched.visitor().get("/api/nothing/here"), 404, "not-found")


@pytest.mark.parametrize(
    ("content_type", "body", "length"),
    [
        pytest.param("multipart/form-data", b"--x\r\nfoo", None, id="multipart without boundary"),
        pytest.param("multipart/form-data; boundary=x", b"--x\r\nfoo", None, id="half a part"),
        pytest.param("application/x-www-form-urlencoded", b"phone=2", 50, id="cut short"),
    ],
)
def test_a_body_that_does_not_match_its_content_type_is_refused(
    untouched: Callme, content_type: str, body: bytes, length: int | None
) -> None:
    announced = {"CONTENT_LENGTH": str(length)} if length else {}
    answer = untouched.visitor().post(
        "/api/sites/acme/calls", data=body, content_type=content_type, environ_overrides=announced
    )
    expect_problem(answer, 400, "bad-request")
