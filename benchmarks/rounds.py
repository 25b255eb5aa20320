"""Compares two sides that were measured in turn, round by round."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import mean, median
from typing import TypeVar

Side = TypeVar("Side")


def in_turn(rounds: int, sides: Sequence[Side]) -> Iterator[Sequence[Side]]:
    """The sides for each round, in alternating order, so that neither is always first."""
    for turn in range(rounds):
        yield sides if turn % 2 else sides[::-1]


def ratio(side: list[float], base: list[float]) -> float:
    """The median of the rounds' own ratios, so that what slows a whole round does not count."""
    return median(one / other for one, other in zip(side, base, strict=True))


def middle(side: list[float], base: list[float]) -> float:
    """The mean of the middle half of those ratios. Single rounds affect it as little as the median, and
    it is finer if the measured values come in steps."""
    ratios = sorted(one / other for one, other in zip(side, base, strict=True))
    quarter = len(ratios) // 4
    return mean(ratios[quarter : len(ratios) - quarter])
