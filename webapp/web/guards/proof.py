"""The puzzle that browsers solve for forms while a site is under attack."""

from __future__ import annotations

from typing import Any

from webapp.domain.site.model import Site
from webapp.domain.tokens import Token
from webapp.web.context import services


def challenge_for(site_key: str, site: Site, token_id: str) -> dict[str, Any] | None:
    """The puzzle that the form with this token has to solve now; None if there is no need."""
    level = _level(site_key, site)
    return services().proofs.challenge(token_id, level) if level else None


def require_proof(site_key: str, site: Site, token: Token, proof: str) -> None:
    """Raise Refusal if the site demands a proof now and the form does not have one."""
    if level := _level(site_key, site):
        services().proofs.check(proof, token.id, level)


def _level(site_key: str, site: Site) -> int:
    if site.proof_of_work == "never":
        return 0
    return max(services().attack.level(site_key), int(site.proof_of_work == "always"))
