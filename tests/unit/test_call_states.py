"""The states of a call and every change between two of them, against the design's table."""

from __future__ import annotations

import itertools

import pytest

from webapp.domain.calls import (
    CallStatus,
    IllegalTransition,
    check_transition,
    new_call_id,
)

ALLOWED = {
    "scheduled": {"scheduled", "queued", "expired", "cancelled"},
    "queued": {"dialing", "expired", "cancelled"},
    "dialing": {"connected", "busy", "failed", "unknown", "queued"},
    "connected": set(),
    "busy": set(),
    "failed": set(),
    "unknown": {"connected", "busy"},
    "expired": set(),
    "cancelled": set(),
}


def test_the_states_are_those_of_the_design() -> None:
    assert {status.value for status in CallStatus} == ALLOWED.keys()


@pytest.mark.parametrize(
    ("old", "new"),
    [pytest.param(a, b, id=f"{a} to {b}") for a, b in itertools.product(ALLOWED, repeat=2)],
)
def test_a_call_changes_only_as_the_table_says(old: str, new: str) -> None:
    if new in ALLOWED[old]:
        check_transition(CallStatus(old), CallStatus(new))
    else:
        with pytest.raises(IllegalTransition, match=f"{old} cannot become {new}"):
            check_transition(CallStatus(old), CallStatus(new))


@pytest.mark.parametrize("status", ALLOWED)
def test_a_state_without_transitions_is_final_and_so_is_unknown(status: str) -> None:
    """Only the vendor may still say what became of an unknown call, so a page does not wait for it."""
    assert CallStatus(status).final == (not ALLOWED[status] or status == "unknown")


def test_call_ids_are_128_random_bits_that_fit_an_address() -> None:
    ids = {new_call_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(call_id) for call_id in ids} == {22}  # 22 characters of 6 bits
    assert all(call_id.isascii() and "/" not in call_id for call_id in ids)
