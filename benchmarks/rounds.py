"""Comparing two sides that were measured in turn, round by round."""

from __future__ import annotations

from statistics import mean, median


def ratio(side: list[float], base: list[float]) -> float:
    """The median of the rounds' own ratios: what slows a whole round does not count."""
    return median(one / other for one, other in zip(side, base, strict=True))


def middle(side: list[float], base: list[float]) -> float:
    """The mean of the middle half of those ratios: as deaf to single rounds as the median, and finer
    where what is measured comes in steps."""
    ratios = sorted(one / other for one, other in zip(side, base, strict=True))
    quarter = len(ratios) // 4
    return mean(ratios[quarter : len(ratios) - quarter])
