"""The headers of every response, which keep our pages from being framed or made to run scripts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, Visitor, running_callme

PAGES = ["/call/acme", "/call/nobody", "/call/acme/nothing", "/nothing"]
ANSWERS = [*PAGES, "/api/sites/acme", "/api/sites/nobody", "/w/acme.js", "/healthz", "/readyz"]


@pytest.fixture
def visitor(callme: Callme) -> Visitor:
    return callme.visitor()


def policy_of(visitor: Visitor, path: str) -> dict[str, str]:
    """The content security policy, directive by directive."""
    header = visitor.get(path).headers["Content-Security-Policy"]
    return dict(directive.partition(" ")[::2] for directive in header.split("; "))


@pytest.mark.parametrize("path", ANSWERS)
def test_every_answer_forbids_sniffing_and_sets_no_cookie(visitor: Visitor, path: str) -> None:
    headers = visitor.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_no_script_and_stands_in_no_frame(visitor: Visitor, path: str) -> None:
    policy = policy_of(visitor, path)
    assert policy["default-src"] == "'none'"
    assert "script-src" not in policy
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in str(policy)
    assert visitor.get(path).headers["X-Frame-Options"] == "DENY"


def test_each_answer_has_a_nonce_of_its_own_on_all_its_styles(visitor: Visitor) -> None:
    seen = set()
    for _ in range(5):
        answer = visitor.get("/call/acme")
        policy = answer.headers["Content-Security-Policy"]
        (nonce,) = re.findall(r"'nonce-([^']+)'", policy)
        assert len(nonce) >= 22, "fewer than 128 bits"
        styles = re.findall(r"<(?:style|link rel=\"stylesheet\")[^>]*>", answer.text)
        assert len(styles) == 2
        assert all(f'nonce="{nonce}"' in style for style in styles)
        assert " style=" not in answer.text, "the policy forbids style attributes"
        seen.add(nonce)
    assert len(seen) == 5


@pytest.mark.parametrize("path", ["/call/acme", "/api/sites/acme/token", "/api/calls/x"])
def test_answers_for_one_visitor_are_not_cacheable(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("public_url", "strict"),
    [("https://callme.example", True), ("http://127.0.0.1:8000", False)],
    ids=["https", "http"],
)
def test_browsers_are_held_to_https_only_where_there_is_https(
    tmp_path: Path, public_url: str, strict: bool
) -> None:
    with running_callme(tmp_path, public_url=public_url) as callme:
        for path in ANSWERS:
            headers = callme.visitor().get(path).headers
            assert ("Strict-Transport-Security" in headers) == strict, path
