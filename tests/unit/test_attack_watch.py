"""An attack is told apart from a site's usual traffic, and its end from a pause."""

from __future__ import annotations

from webapp.domain.attack import HIGHEST, HOLD, REFUSALS, SUBMITS, Watch


class Site:
    """Submits a site's forms at a given pace; `at` is the time."""

    def __init__(self) -> None:
        self.watch = Watch()
        self.at = 1000.0

    def submits(self, a_minute: float, minutes: float = 1, *, refused: bool = False) -> None:
        for _ in range(round(a_minute * minutes)):
            self.at += 60 / a_minute
            self.watch.saw(self.at, refused=refused)

    @property
    def level(self) -> int:
        return self.watch.level(self.at)


def test_a_quiet_site_is_not_under_attack() -> None:
    site = Site()
    site.submits(SUBMITS - 1, minutes=30)
    assert site.level == 0


def test_many_more_submits_than_usual_are_an_attack() -> None:
    site = Site()
    site.submits(SUBMITS * 1.5)
    assert site.level == 1


def test_refused_submits_count_as_an_attack_at_a_lower_threshold() -> None:
    site = Site()
    site.submits(REFUSALS * 1.5, refused=True)
    assert site.level == 1


def test_a_larger_attack_raises_the_level_up_to_the_highest() -> None:
    levels = []
    for factor in (1.5, 3, 6, 12, 24, 1000):
        site = Site()
        site.submits(SUBMITS * factor)
        levels.append(site.level)
    assert levels == [1, 2, 3, HIGHEST, HIGHEST, HIGHEST]


def test_an_attack_holds_for_a_while_after_the_last_submit_and_then_ends() -> None:
    site = Site()
    site.submits(SUBMITS * 3)
    began = site.at
    site.at += HOLD - 1
    assert site.level > 0
    site.at = began + HOLD + 1
    assert site.level == 0


def test_a_busy_site_is_measured_by_what_is_usual_there() -> None:
    """Four times a quiet site's threshold is an ordinary minute once it has been usual for hours."""
    site = Site()
    for busier in range(1, 9):
        site.submits(SUBMITS * busier / 2, minutes=120)
    site.at += HOLD
    site.submits(SUBMITS * 4, minutes=10)
    assert site.level == 0
    site.submits(SUBMITS * 40)
    assert site.level > 0


def test_a_long_attack_does_not_become_the_usual_traffic() -> None:
    site = Site()
    site.submits(SUBMITS * 4, minutes=6 * 60)
    assert site.level >= 2


def test_a_quiet_night_does_not_make_a_busy_morning_look_like_an_attack() -> None:
    site = Site()
    for busier in range(1, 9):
        site.submits(SUBMITS * busier / 2, minutes=120)
    site.at += 8 * 3600
    site.submits(SUBMITS * 4, minutes=10)
    assert site.level == 0
