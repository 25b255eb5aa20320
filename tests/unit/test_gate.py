"""Forms of an attacked site are handled one at a time; some wait, and the rest are turned away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.helpers.sites import SITES
from tests.helpers.waiting import wait_until
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.reading import parse_sites
from webapp.services.gate import WAITING, Gate

SITE = parse_sites(SITES, "the tests' sites")["acme"].model_copy(update={"proof_of_work": "auto"})


def test_the_gate_handles_one_form_at_a_time_and_refuses_beyond_the_queue() -> None:
    """Each one that ends lets a waiting one in, and no two are handled at once."""
    gate = Gate(lambda _: 1)
    inside: list[int] = []

    def visit(number: int) -> bool:
        try:
            with gate.turn("acme", SITE):
                inside.append(number)
                assert len(inside) == 1, "two at once"
                inside.remove(number)
        except Refusal as refusal:
            return refusal.reason is not Reason.CROWDED
        return True

    with ThreadPoolExecutor(WAITING + 4) as pool:
        with gate.turn("acme", SITE):
            futures = [pool.submit(visit, number) for number in range(WAITING + 4)]
            wait_until(
                lambda: sum(future.done() for future in futures) == 4, 20, "four are sent away"
            )
        entered = [future.result(5) for future in futures]
    assert sum(entered) == WAITING
    with gate.turn("acme", SITE):
        pass  # all that went in have made room


def test_the_gate_does_not_make_other_sites_wait() -> None:
    gate = Gate(lambda _: 1)
    with gate.turn("acme", SITE), gate.turn("other", SITE):
        pass


@pytest.mark.parametrize(
    ("level", "change"),
    [
        pytest.param(0, {}, id="no attack"),
        pytest.param(1, {"proof_of_work": "never"}, id="the owner wants no proofs"),
        pytest.param(1, {"captcha": True}, id="a captcha"),
    ],
)
def test_the_gate_lets_sites_without_turns_through(level: int, change: dict[str, object]) -> None:
    gate = Gate(lambda _: level)
    site = SITE.model_copy(update=change)
    with gate.turn("acme", site), gate.turn("acme", site):
        pass


def test_a_form_that_raises_releases_its_turn() -> None:
    gate = Gate(lambda _: 1)
    with pytest.raises(ValueError, match="broken"), gate.turn("acme", SITE):
        raise ValueError("broken")
    with gate.turn("acme", SITE):
        pass
