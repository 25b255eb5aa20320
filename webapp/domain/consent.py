"""What a visitor agrees to, word for word, as evidence years later."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Consent:
    """One sentence in one language. A consent never changes: a new wording is a new version."""

    sentence: str
    locale: str

    @property
    def version(self) -> str:
        """The id of the wording; empty if the site asks for no consent."""
        return _version(self.locale, self.sentence) if self.sentence else ""


@lru_cache(maxsize=1024)  # every form that is shown has it
def _version(locale: str, sentence: str) -> str:
    return hashlib.sha256(f"{locale}\n{sentence}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a visitor agreed. `ticked` is None if the form had no box to tick.

    `version` is that of the sentence in the form, `network` is the visitor's address cut to /24 or /48,
    and `token_id` is the id of the form's token, which no two calls share.
    """

    version: str = ""
    locale: str = ""
    ticked: bool | None = None
    network: str = ""
    token_id: str | None = None
    night: bool | None = None
    """True if the visitor was told that it is night at the phone's place, and wanted the call."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is on record about one call's consent. The number is kept only as a keyed hash."""

    call_id: str
    site: str
    at: datetime
    page_url: str
    last_two: str
    agreement: Agreement
    sentence: str
