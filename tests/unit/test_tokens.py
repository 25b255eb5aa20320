"""A form's token is valid for its site, from one second old to half an hour, and cannot be forged."""

from __future__ import annotations

import pytest
from itsdangerous import URLSafeSerializer

from tests.helpers.clock import HandClock
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.tokens import MAX_AGE, Tokens

KEY = "a-key-of-this-test-" * 3


@pytest.fixture
def tokens(clock: HandClock) -> Tokens:
    return Tokens(KEY, clock)


def fault_of(tokens: Tokens, site: str, token: str) -> Reason:
    with pytest.raises(Refusal) as refusal:
        tokens.check(site, token)
    return refusal.value.reason


def test_a_token_is_taken_for_its_site(tokens: Tokens, clock: HandClock) -> None:
    assert fault_of(tokens, "acme", "") is Reason.TOKEN_MISSING
    token = tokens.issue("acme").text
    clock.move(1)
    tokens.check("acme", token)


def test_a_token_tells_what_its_form_showed(tokens: Tokens, clock: HandClock) -> None:
    issued = tokens.issue("acme", "0123456789abcdef", boxed=True)
    shown_at = clock()
    clock.move(60)
    found = tokens.check("acme", issued.text)
    assert found.id == issued.id
    assert (found.consent, found.boxed) == ("0123456789abcdef", True)
    assert found.issued_at == shown_at


def test_a_token_is_too_young_within_its_first_second(tokens: Tokens, clock: HandClock) -> None:
    """Nobody types a number that fast."""
    clock.move(0.7)  # to test in the middle of a clock's second, too
    token = tokens.issue("acme").text
    clock.move(0.999)
    assert fault_of(tokens, "acme", token) is Reason.TOKEN_TOO_YOUNG
    clock.move(0.001)
    tokens.check("acme", token)


def test_no_two_tokens_are_alike(tokens: Tokens) -> None:
    assert len({tokens.issue("acme").text for _ in range(100)}) == 100


def test_a_token_of_another_site_is_refused(tokens: Tokens) -> None:
    assert fault_of(tokens, "acme", tokens.issue("other").text) is Reason.TOKEN_OF_ANOTHER_SITE


def test_a_token_is_good_to_the_last_second_and_stale_after_it(
    tokens: Tokens, clock: HandClock
) -> None:
    token = tokens.issue("acme").text
    clock.move(MAX_AGE.total_seconds())
    tokens.check("acme", token)
    clock.move(1)
    assert fault_of(tokens, "acme", token) is Reason.TOKEN_STALE


def test_a_token_from_before_the_clock_was_set_back_is_taken(
    tokens: Tokens, clock: HandClock
) -> None:
    token = tokens.issue("acme").text
    clock.move(-3600)
    assert tokens.check("acme", token).issued_at > clock()


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("x", id="a letter"),
        pytest.param("a.b.c", id="three parts"),
        pytest.param("....", id="dots"),
        pytest.param("\0\0", id="NUL"),
        pytest.param("токен", id="no ASCII"),
        pytest.param("A" * 10_000, id="10 kB"),
    ],
)
def test_malformed_tokens_are_refused_as_forged(tokens: Tokens, token: str) -> None:
    assert fault_of(tokens, "acme", token) is Reason.TOKEN_FORGED


def test_a_token_with_any_character_changed_is_refused(tokens: Tokens) -> None:
    token = tokens.issue("acme").text
    for at, character in enumerate(token):
        # Base64's last character holds two bits that do not count, so A to D may read the same.
        other = "z" if character in "ABCD" else "A"
        changed = token[:at] + other + token[at + 1 :]
        with pytest.raises(Refusal):
            tokens.check("acme", changed)


@pytest.mark.parametrize(
    ("key", "salt"),
    [("another-key" * 4, "callme.form"), (KEY, "something.else")],
    ids=["another key", "another purpose"],
)
def test_a_token_signed_otherwise_is_refused(
    tokens: Tokens, clock: HandClock, key: str, salt: str
) -> None:
    forged = URLSafeSerializer(key, salt=salt).dumps(["acme", "x", 0, "", False])
    assert fault_of(tokens, "acme", str(forged)) is Reason.TOKEN_FORGED
