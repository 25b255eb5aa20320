"""In whatever order changes are tried, a call follows the design's state table and comes to an end."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from webapp.domain.calls import (
    TRANSITIONS,
    CallStatus,
    IllegalTransition,
    check_transition,
)

pytestmark = pytest.mark.unmeasured

DESIGN = {
    "scheduled": {"queued", "expired", "cancelled"},
    "queued": {"dialing", "expired", "cancelled"},
    "dialing": {"connected", "busy", "failed", "unknown", "queued"},
    "unknown": {"connected", "busy"},
}
"""The arrows in the design's diagram, the way back for a call that was certainly not sent, and what the
vendor may still report about an unknown call."""

ENDS = {"connected", "busy", "failed", "unknown", "expired", "cancelled"}
STATUSES = st.sampled_from(CallStatus)


class Life(RuleBasedStateMachine):
    """A call that anybody may try to change into anything, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.status = CallStatus.QUEUED
        self.past = [self.status]

    @rule(wanted=STATUSES)
    def change(self, wanted: CallStatus) -> None:
        try:
            check_transition(self.status, wanted)
        except IllegalTransition:
            assert wanted not in DESIGN.get(self.status, set()), "a change of the design is refused"
            return
        assert wanted in DESIGN.get(self.status, set()), "a change that the design does not know"
        self.status = wanted
        self.past.append(wanted)

    @precondition(lambda self: self.status.final)
    @rule(wanted=st.sampled_from(["scheduled", "queued", "dialing"]).map(CallStatus))
    def revive(self, wanted: CallStatus) -> None:
        """A call that is over is never dialled again."""
        with pytest.raises(IllegalTransition):
            check_transition(self.status, wanted)

    @invariant()
    def only_what_ends_is_final(self) -> None:
        assert self.status.final == (self.status in ENDS)

    @invariant()
    def a_phone_was_dialled_before_it_was_answered(self) -> None:
        if self.status in ("connected", "busy", "failed", "unknown"):
            assert CallStatus.DIALING in self.past


TestLife = Life.TestCase


@given(st.sampled_from([CallStatus.SCHEDULED, CallStatus.QUEUED]), st.data())
def test_every_call_state_can_reach_a_final_state_in_three_steps(
    first: CallStatus, data: st.DataObject
) -> None:
    """The longest of the shortest ways is queue, dial, answer."""
    status = first
    for _ in range(data.draw(st.integers(0, 12))):
        if status.final:
            break
        status = data.draw(st.sampled_from(sorted(TRANSITIONS[status])))
    reached, steps = {status}, 0
    while not any(state.final for state in reached):
        reached = {later for state in reached for later in TRANSITIONS[state]}
        steps += 1
        assert steps <= 3, f"from {status} there is no end"
