"""Short-lived tokens that tie a submitted form to the site it was shown for.

They stand in for a CSRF cookie: no cookie is ever set on the landing page.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from enum import StrEnum

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer
from itsdangerous.timed import TimestampSigner

from webapp.domain.clock import Clock
from webapp.errors import CallmeError

MAX_AGE = timedelta(minutes=30)


class TokenFault(StrEnum):
    """Why a token was not taken: the operator's reason code."""

    MISSING = "token_missing"
    FORGED = "token_forged"
    STALE = "token_stale"
    OTHER_SITE = "token_of_another_site"


class TokenError(CallmeError):
    def __init__(self, fault: TokenFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class Tokens:
    """Issues and checks tokens with one secret key."""

    def __init__(self, secret_key: str, clock: Clock) -> None:
        class ClockedSigner(TimestampSigner):
            def get_timestamp(self) -> int:
                return int(clock().timestamp())

        self._serializer = URLSafeTimedSerializer(
            secret_key, salt="callme.token", signer=ClockedSigner
        )

    def issue(self, site: str) -> str:
        """A token for a form of `site`, good for MAX_AGE."""
        signed = self._serializer.dumps([site, secrets.token_urlsafe(9)])
        return signed if isinstance(signed, str) else signed.decode("ascii")

    def check(self, site: str, token: str) -> None:
        """Raise TokenError unless `token` was issued here for `site` within MAX_AGE."""
        if not token:
            raise TokenError(TokenFault.MISSING)
        try:
            payload = self._serializer.loads(token, max_age=int(MAX_AGE.total_seconds()))
        except SignatureExpired:
            raise TokenError(TokenFault.STALE) from None
        except BadSignature:
            raise TokenError(TokenFault.FORGED) from None
        if payload[0] != site:
            raise TokenError(TokenFault.OTHER_SITE)
