"""No more orders go out in any minute than the operator allows."""

from __future__ import annotations

from webapp.services.pace import Pace


class Seconds:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_without_a_limit_all_orders_are_allowed() -> None:
    pace = Pace(0)
    for _ in range(500):
        pace.count()
    assert pace.allows(200) == 200


def test_orders_are_allowed_up_to_the_limit_per_minute() -> None:
    pace = Pace(3, Seconds())
    assert pace.allows(200) == 3
    pace.count()
    pace.count()
    assert pace.allows(200) == 1
    pace.count()
    assert pace.allows(200) == 0


def test_fewer_orders_than_the_limit_are_all_allowed() -> None:
    assert Pace(100, Seconds()).allows(7) == 7


def test_the_minute_slides_so_that_no_sixty_seconds_hold_more() -> None:
    """After two orders at 0 s and one at 30 s, there is room for two at 60 s and for one at 90 s."""
    seconds = Seconds()
    pace = Pace(3, seconds)
    pace.count()
    pace.count()
    seconds.now += 30
    pace.count()
    seconds.now += 29.9
    assert pace.allows(9) == 0
    seconds.now += 0.1
    assert pace.allows(9) == 2
    seconds.now += 30
    assert pace.allows(9) == 3
