"""How long call data is kept, and the results of deleting it."""

from __future__ import annotations

from dataclasses import dataclass

RETENTION_DAYS = 90
"""The default for a call with its number and events."""

EVIDENCE_DAYS = 1830
"""The default for the record of a call's consent: five years from its last use, as Germany's UWG § 7a
requires of those who call consumers."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows were deleted because their time was over."""

    calls: int = 0
    evidence: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of one number were deleted, or `blanked` because limits still count them.

    `left` are calls that are being placed now and cannot be forgotten yet. `wiped` is False if another
    program's read kept the number in SQLite's write-ahead log.
    """

    deleted: int
    blanked: int
    evidence: int
    left: int
    wiped: bool = True
