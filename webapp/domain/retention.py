"""For how long what is known of a call is kept, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

RETENTION_DAYS = 90
"""A call with its number and its events, where the owner of its site says nothing else."""

EVIDENCE_DAYS = 1830
"""What is on record of a call's consent, likewise: five years from its last use, as Germany's UWG § 7a
asks of who calls consumers, and as long as somebody may still complain."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows had been kept for long enough."""

    calls: int = 0
    evidence: int = 0
    refusals: int = 0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many rows of one number are gone or `blanked`: limits still count these.

    `left` are calls that are being placed just now and cannot be forgotten yet. `wiped` is False
    if another program that was reading has kept the number in SQLite's write-ahead log.
    """

    deleted: int
    blanked: int
    evidence: int
    left: int
    wiped: bool = True
