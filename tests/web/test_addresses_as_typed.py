"""An address with a slash at its end, or in capitals, leads to the right one."""

from __future__ import annotations

import pytest

from tests.helpers.callme import Callme


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("/call/acme/", "/call/acme"),
        ("/call/ACME", "/call/acme"),
        ("/Call/Acme", "/call/Acme"),
        ("/CALL/acme/", "/call/acme"),
        ("/call/acme/?utm_source=flyer&x=%C3%BC", "/call/acme?utm_source=flyer&x=%C3%BC"),
        ("/stop/", "/stop"),
        ("/STOP", "/stop"),
        ("/w/ACME.js", "/w/acme.js"),
        ("/api/sites/ACME", "/api/sites/acme"),
        ("/healthz/", "/healthz"),
        ("/w/acme.JS", "/w/acme.js"),
        ("/stop.", "/stop"),
        ("/stop%20", "/stop"),
        ("/call/acme).", "/call/acme"),
    ],
)
def test_an_address_with_a_slash_or_capitals_is_redirected(
    untouched: Callme, typed: str, meant: str
) -> None:
    answer = untouched.visitor(origin=None).get(typed)
    assert (answer.status_code, answer.headers["Location"]) == (308, meant)


def test_the_redirect_of_a_form_keeps_method_and_body(untouched: Callme) -> None:
    """308, unlike 301, keeps the method and the form."""
    visitor = untouched.visitor()
    answer = visitor.post("/api/sites/ACME/calls", data=visitor.fields())
    assert (answer.status_code, answer.headers["Location"]) == (308, "/api/sites/acme/calls")


@pytest.mark.parametrize(
    "typed",
    [
        "/call/x%0a/",
        "/call/x%0d%0aA:b/",
        "/call/a%3Fb/",
        "/call/NOBODY",
        "/call/nobody/",
        "/nothing/",
        "/NOTHING",
        "//evil.example/",
        "/",
        "/call/",
    ],
)
def test_an_address_that_is_wrong_in_any_spelling_is_not_found(
    untouched: Callme, typed: str
) -> None:
    visitor = untouched.visitor(origin=None)
    answer = visitor.get(typed)
    while answer.status_code == 308:
        meant = ("/call/nobody", "/call/a%3Fb", "/call/x", "http://localhost/")
        assert answer.headers["Location"].startswith(meant)
        answer = visitor.get(answer.headers["Location"])
    assert answer.status_code == 404
