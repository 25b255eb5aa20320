"""One form of an attacked site is handled at a time, some wait, and the rest are turned away."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.helpers.waiting import wait_until
from webapp.web.guards.gate import WAITING, Gate


def test_one_is_inside_some_wait_and_the_rest_must_go() -> None:
    """Each one that leaves lets a waiting one in, and none is let in twice."""
    gate = Gate()
    inside: list[int] = []

    def visit(number: int) -> bool:
        entered = gate.enter("acme")
        if entered:
            inside.append(number)
            assert len(inside) == 1, "two at once"
            inside.remove(number)
            gate.leave("acme")
        return entered

    assert gate.enter("acme")
    with ThreadPoolExecutor(WAITING + 4) as pool:
        asked = [pool.submit(visit, number) for number in range(WAITING + 4)]
        wait_until(lambda: sum(one.done() for one in asked) == 4, 20, "four are sent away")
        gate.leave("acme")
        entered = [one.result(5) for one in asked]
    assert sum(entered) == WAITING
    assert gate.enter("acme"), "whoever left has made room"


def test_other_sites_do_not_wait() -> None:
    gate = Gate()
    assert gate.enter("acme")
    assert gate.enter("other")
