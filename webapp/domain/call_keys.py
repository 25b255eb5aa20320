"""The key with which a visitor can change a call: an HMAC of the id of the wish's first call.

Only the visitor who asked for the call gets it; an id alone is good for looking.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from webapp.domain.refusals import Reason, Refusal


class CallKeys:
    def __init__(self, secret_key: str) -> None:
        self._secret = hashlib.sha256(b"callme.call-key:" + secret_key.encode()).digest()

    def of(self, wish: str) -> str:
        """128 bits, safe in a URL. `wish` is the id of the first call; its retries have the same key."""
        digest = hmac.digest(self._secret, wish.encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()

    def require(self, wish: str, key: str) -> None:
        """Raise Refusal unless this is the key of that wish."""
        if not hmac.compare_digest(self.of(wish).encode(), key.encode()):
            raise Refusal(Reason.KEY_WRONG)
