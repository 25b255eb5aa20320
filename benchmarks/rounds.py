"""Comparing two sides that were measured in turn, round by round."""

from __future__ import annotations

from statistics import median


def ratio(side: list[float], base: list[float]) -> float:
    """The median of the rounds' own ratios: what slows a whole round does not count."""
    return median(one / other for one, other in zip(side, base, strict=True))
