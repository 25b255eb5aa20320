"""Proof of work for times of attack: cheap for one visitor, expensive for thousands of forms.

ALTCHA's challenge, tied to the form's token: as a token makes one call, so does a solution.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from typing import Any

import altcha

from webapp.domain.refusals import Reason, Refusal

EASIEST = 40_000
"""Hashes at the first level, at most; on average half of it. Each level doubles it: a phone that
hashes 50,000 times a second needs 0.4 s at the first level and 3 s at the fourth."""


class Proofs:
    def __init__(self, secret_key: str) -> None:
        self._key = hashlib.sha256(b"callme.proof:" + secret_key.encode()).hexdigest()

    def challenge(self, token_id: str, level: int) -> dict[str, Any]:
        """As the browser gets it. `level` is 1 or higher."""
        highest = EASIEST * 2 ** (level - 1)
        challenge = altcha.create_challenge(
            "SHA-256",
            cost=1,
            counter=secrets.randbelow(highest + 1),
            data={"token": token_id, "level": level, "most": highest},
            hmac_secret=self._key,
        )
        return challenge.to_dict()

    def check(self, proof: str, token_id: str, level: int) -> None:
        """Raise Refusal unless `proof` solves a challenge for this token.

        A proof of the level below is accepted: the attack may have grown while the visitor typed.
        """
        if not proof:
            raise Refusal(Reason.PROOF_MISSING)
        if not altcha.verify_solution(proof, self._key).verified:
            raise Refusal(Reason.PROOF_WRONG)
        data = _signed_data(proof)
        if data["token"] != token_id:
            raise Refusal(Reason.PROOF_WRONG)
        if data["level"] < level - 1:
            raise Refusal(Reason.PROOF_TOO_EASY)


def _signed_data(proof: str) -> dict[str, Any]:
    """Our own data in the challenge of a verified proof."""
    try:
        payload: dict[str, Any] = json.loads(base64.b64decode(proof))
        data: dict[str, Any] = payload["challenge"]["parameters"]["data"]
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise Refusal(Reason.PROOF_WRONG) from None
    return data
