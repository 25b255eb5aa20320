"""A proof of work is valid only for its own token, and only if it is hard enough."""

from __future__ import annotations

import base64
import json
from typing import Any

import altcha
import pytest

from webapp.domain.proof import EASIEST, Proofs
from webapp.domain.refusals import Reason, Refusal

PROOFS = Proofs("k" * 32)


def solve(challenge: dict[str, Any]) -> str:
    """As the browser does it."""
    parsed = altcha.Challenge.from_dict(challenge)
    solution = altcha.solve_challenge(parsed)
    assert solution
    return str(altcha.Payload(parsed, solution).to_base64())


def fault_of(proof: str, token_id: str, level: int) -> Reason:
    with pytest.raises(Refusal) as refusal:
        PROOFS.check(proof, token_id, level)
    return refusal.value.reason


def test_a_solution_is_taken_for_its_token() -> None:
    PROOFS.check(solve(PROOFS.challenge("one", 1)), "one", 1)


def test_a_solution_for_another_token_is_not_taken() -> None:
    assert fault_of(solve(PROOFS.challenge("one", 1)), "two", 1) is Reason.PROOF_WRONG


def test_a_solution_may_be_one_level_too_easy_and_no_more() -> None:
    """The attack may have grown while the visitor typed."""
    proof = solve(PROOFS.challenge("one", 1))
    PROOFS.check(proof, "one", 2)
    assert fault_of(proof, "one", 3) is Reason.PROOF_TOO_EASY


def test_each_level_asks_for_twice_the_work() -> None:
    counters = [
        PROOFS.challenge("one", level)["parameters"]["data"]["most"] for level in (1, 2, 3, 4)
    ]
    assert counters == [EASIEST, EASIEST * 2, EASIEST * 4, EASIEST * 8]


def test_no_two_challenges_are_alike() -> None:
    assert len({PROOFS.challenge("one", 1)["signature"] for _ in range(50)}) == 50


def test_a_challenge_signed_with_another_key_is_wrong() -> None:
    foreign = Proofs("another" * 8).challenge("one", 1)
    assert fault_of(solve(foreign), "one", 1) is Reason.PROOF_WRONG


def test_a_challenge_that_was_made_easier_is_not_taken() -> None:
    challenge = PROOFS.challenge("one", 1)
    challenge["parameters"]["keyPrefix"] = "00"
    assert fault_of(solve(challenge), "one", 1) is Reason.PROOF_WRONG


@pytest.mark.parametrize(
    "proof",
    [
        "x",
        "=" * 5000,
        "e30=",
        base64.b64encode(b"[" * 9000).decode(),
        base64.b64encode(b'{"challenge":{"parameters":null},"solution":{}}').decode(),
        base64.b64encode(json.dumps({"challenge": [], "solution": 1}).encode()).decode(),
        "\0ü",
    ],
    ids=["a letter", "padding", "empty", "nested", "nulls", "other shapes", "no ASCII"],
)
def test_malformed_proofs_are_wrong(proof: str) -> None:
    assert fault_of(proof, "one", 1) is Reason.PROOF_WRONG


def test_a_right_challenge_with_a_wrong_counter_is_wrong() -> None:
    payload = json.loads(base64.b64decode(solve(PROOFS.challenge("one", 1))))
    for counter in (payload["solution"]["counter"] + 1, -1, 1.5, "7", None, True, 2**40):
        payload["solution"]["counter"] = counter
        forged = base64.b64encode(json.dumps(payload).encode()).decode()
        assert fault_of(forged, "one", 1) is Reason.PROOF_WRONG


def test_an_empty_proof_is_missing() -> None:
    assert fault_of("", "one", 1) is Reason.PROOF_MISSING
