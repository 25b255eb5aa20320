"""The proof of work that forms require while a site is under attack."""

from __future__ import annotations

from typing import Any

from webapp.domain.proof import Proofs
from webapp.domain.site.model import Site
from webapp.domain.tokens import Token
from webapp.services.attack import AttackWatch


class ProofOfWork:
    def __init__(self, proofs: Proofs, attack: AttackWatch) -> None:
        self._proofs = proofs
        self._attack = attack

    def challenge(self, site_key: str, site: Site, token_id: str) -> dict[str, Any] | None:
        """The puzzle for the form with this token; None if no proof is required now."""
        level = self._level(site_key, site)
        return self._proofs.challenge(token_id, level) if level else None

    def require(self, site_key: str, site: Site, token: Token, proof: str) -> None:
        """Raise Refusal if the site requires a proof now and the form has none."""
        if level := self._level(site_key, site):
            self._proofs.check(proof, token.id, level)

    def _level(self, site_key: str, site: Site) -> int:
        if site.proof_of_work == "never":
            return 0
        return max(self._attack.level(site_key), int(site.proof_of_work == "always"))
