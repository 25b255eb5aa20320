"""What a visitor agrees to, word for word, so that it can be shown years later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Consent:
    """One sentence in one language. It never changes: another wording is another version."""

    sentence: str
    locale: str

    @property
    def version(self) -> str:
        """Names the wording; empty where nothing is asked."""
        return _version(self.locale, self.sentence) if self.sentence else ""


@lru_cache(maxsize=1024)  # each form that is shown names it
def _version(locale: str, sentence: str) -> str:
    return hashlib.sha256(f"{locale}\n{sentence}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a visitor agreed. `ticked` is None where the form had no box to tick.

    `version` is that of the sentence which the form showed, `network` the visitor's address cut to
    /24 or /48, `token_id` that of the form's token: no two calls have the same.
    """

    version: str = ""
    locale: str = ""
    ticked: bool | None = None
    network: str = ""
    token_id: str | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is on record of one call's consent. The number is kept as a keyed hash only."""

    call_id: str
    site: str
    at: datetime
    page_url: str
    last_two: str
    agreement: Agreement
    sentence: str
