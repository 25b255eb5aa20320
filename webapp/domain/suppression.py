"""Numbers that must never be called, stored as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Source(StrEnum):
    """Who added the entry."""

    PERSON = "person"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One entry: a number by its keyed hash and its last two digits, or all numbers of a `prefix`."""

    added_at: datetime
    source: Source
    last_two: str = ""
    prefix: str = ""


class Fingerprint:
    """A number's keyed hash: without the key it cannot be found by trying all numbers."""

    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"callme.suppression:" + secret_key.encode()).digest()

    def __call__(self, e164: str) -> str:
        return hmac.digest(self._key, e164.encode(), "sha256").hex()
