"""Turns a tree of leading digits into a short ordered list of regular expressions.

A leaf is the index of a label, which holds for all numbers that begin with the leaf's digits. A
number's label is that of the first expression in the list that matches its start.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeAlias

Tree: TypeAlias = "int | dict[str, Tree]"
Rules: TypeAlias = list[tuple[str, int]]

DIGITS = "0123456789"


def shares(tree: Tree) -> dict[int, float]:
    """The share of all numbers that each label has, the most common first."""
    found: dict[int, float] = {}
    for prefix, label in _leaves(tree):
        found[label] = found.get(label, 0) + len(DIGITS) ** -len(prefix)
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _leaves(tree: Tree, prefix: str = "") -> Iterator[tuple[str, int]]:
    if isinstance(tree, int):
        yield prefix, tree
        return
    for digit, child in tree.items():
        yield from _leaves(child, prefix + digit)


def relabelled(tree: Tree, labels: dict[int, int]) -> Tree:
    if isinstance(tree, int):
        return labels[tree]
    return {digit: relabelled(child, labels) for digit, child in tree.items()}


def coarser(tree: Tree, loss: float) -> Tree:
    """The tree without distinctions that concern less than the share `loss` of all numbers.

    The first digits stay apart: a digit that begins no number must not seem to begin one.
    """
    if isinstance(tree, int):
        return tree
    return {digit: _pruned(child, 1 / len(DIGITS), loss) for digit, child in tree.items()}


def _pruned(tree: Tree, weight: float, loss: float) -> Tree:
    if isinstance(tree, int):
        return tree
    found = shares(tree)
    winner = next(iter(found))
    if (sum(found.values()) - found[winner]) * weight < loss:
        return winner
    return {digit: _pruned(child, weight / len(DIGITS), loss) for digit, child in tree.items()}


def ordered_rules(tree: Tree) -> Rules:
    """The fewest prefixes that determine every leaf's label, as expressions in order of use."""
    left = _fewest(tree)
    rules: Rules = []
    while left:
        ready = {
            label: [prefix for prefix in left if left[prefix] == label and _is_ready(prefix, left)]
            for label in sorted(set(left.values()))
        }
        whole = Counter(left.values())
        done = [label for label in ready if len(ready[label]) == whole[label]]
        label = min(
            done or ready, key=lambda label: len(ready[label]) if done else -len(ready[label])
        )
        rules.append((expression(ready[label]), label))
        left = {prefix: wanted for prefix, wanted in left.items() if prefix not in ready[label]}
    return rules


def _is_ready(prefix: str, left: dict[str, int]) -> bool:
    """Whether all exceptions to this prefix have been placed before it."""
    return not any(other.startswith(prefix) and left[other] != left[prefix] for other in left)


def _fewest(tree: Tree) -> dict[str, int]:
    """The prefixes at which the label changes on the way down, as few as possible.

    A number's label is that of its longest prefix. On the way up, each node finds the labels that would
    serve most of its children; on the way down, it differs from its parent only if it must.
    """
    found: dict[str, int] = {}

    def descend(node: Tree, prefix: str, above: int | None) -> None:
        best = _best_labels(node)
        label = above
        if prefix and above not in best:
            label = found[prefix] = min(best)
        if isinstance(node, dict):
            for digit, child in node.items():
                descend(child, prefix + digit, label)

    descend(tree, "", None)
    return found


def _best_labels(node: Tree) -> set[int]:
    if isinstance(node, int):
        return {node}
    votes = Counter(label for child in node.values() for label in _best_labels(child))
    highest = max(votes.values())
    return {label for label, number in votes.items() if number == highest}


def expression(prefixes: Iterable[str]) -> str:
    """A regular expression for any of the prefixes; Python and JavaScript read it the same way."""
    rests: dict[str, list[str]] = {}
    for prefix in prefixes:
        rests.setdefault(prefix[0], []).append(prefix[1:])
    alike: dict[str, list[str]] = {}
    for digit, endings in rests.items():
        alike.setdefault("" if "" in endings else expression(endings), []).append(digit)
    return "|".join(
        sorted(
            _one_of(sorted(digits)) + (f"({rest})" if "|" in rest else rest)
            for rest, digits in alike.items()
        )
    )


def _one_of(digits: list[str]) -> str:
    if len(digits) == 1:
        return digits[0]
    runs: list[str] = []
    for digit in digits:
        if runs and int(digit) == int(runs[-1][-1]) + 1:
            runs[-1] += digit
        else:
            runs.append(digit)
    return "[" + "".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else run for run in runs) + "]"
