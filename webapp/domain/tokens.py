"""Short-lived tokens that tie a submitted form to the site it was shown for and to what it showed.

They replace a CSRF cookie: no cookie is ever set on the landing page.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from itsdangerous import BadData, URLSafeSerializer
from itsdangerous.encoding import base64_encode

from webapp.domain.clock import Clock
from webapp.domain.refusals import Reason, Refusal

MAX_AGE = timedelta(minutes=30)
MIN_AGE = timedelta(seconds=1)
"""Nobody reads a form and types a number in less time, but a script does."""


_ENCODER = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Token:
    """The content of a token. `id` is its own, for one call only; `consent` is the version of the
    sentence that the form shows, and `boxed` says whether the form has a box to tick.
    """

    id: str
    issued_at: datetime
    consent: str
    boxed: bool


class Issued(NamedTuple):
    """A new token: its text for the form, and its own id."""

    text: str
    id: str


class Tokens:
    """Issues and checks tokens with one secret key."""

    def __init__(self, secret_key: str, clock: Clock) -> None:
        self._clock = clock
        self._serializer = URLSafeSerializer(secret_key, salt="callme.form")
        self._signer = self._serializer.make_signer()

    def issue(self, site: str, consent: str = "", *, boxed: bool = False) -> Issued:
        """A token for a form of `site`, valid from MIN_AGE to MAX_AGE."""
        now = int(self._clock().timestamp() * 1000)
        token_id = secrets.token_urlsafe(9)
        said = [site, token_id, now, consent, boxed]
        # Like the serializer's `dumps`, which would try in vain to compress each token.
        payload = base64_encode(_ENCODER.encode(said))
        return Issued(self._signer.sign(payload).decode("ascii"), token_id)

    def check(self, site: str, token: str) -> Token:
        """Read a token. Raises Refusal unless it was issued here for `site` and its age is valid."""
        if not token:
            raise Refusal(Reason.TOKEN_MISSING)
        try:
            token_site, token_id, issued_ms, consent, boxed = self._serializer.loads(token)
        except BadData:
            raise Refusal(Reason.TOKEN_FORGED) from None
        if token_site != site:
            raise Refusal(Reason.TOKEN_OF_ANOTHER_SITE)
        issued_at = datetime.fromtimestamp(issued_ms / 1000, UTC)
        age = self._clock() - issued_at
        if age > MAX_AGE:
            raise Refusal(Reason.TOKEN_STALE)
        # abs(): after the clock was set back, a form may be from the future, and was shown long enough.
        if abs(age) < MIN_AGE:
            raise Refusal(Reason.TOKEN_TOO_YOUNG)
        return Token(token_id, issued_at, consent, boxed)
