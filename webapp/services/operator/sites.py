"""Sites as TOML, in and out of the database, and pausing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webapp.domain.clock import Clock
from webapp.domain.site.model import Site
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError
from webapp.store.engine import Database
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.sites import Change, SiteRepository


@dataclass(frozen=True, slots=True)
class SiteState:
    key: str
    site: Site
    paused: bool
    """By itself, or with all others."""


class SiteAdministration:
    """Each method raises StoreUnavailable if the database cannot be used."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._sites = SiteRepository(database, clock)
        self._pauses = PauseRepository(database, clock)

    def apply(self, text: str, where: str, *, prune: bool) -> Mapping[str, Change]:
        """Store the sites of a TOML text: all of them, or none if anything is wrong; with `prune`,
        remove all others. `where` names the text in messages. Raises ConfigurationError with every
        fault."""
        return self._sites.apply(parse_sites(text, where), prune=prune)

    def export(self) -> dict[str, dict[str, object]]:
        """The tables of all sites, without defaults, as `apply` takes them."""
        sites = self._sites.all().items()
        return {key: site.model_dump(mode="json", exclude_unset=True) for key, site in sites}

    def states(self) -> list[SiteState]:
        paused = self._pauses.all()
        sites = self._sites.all().items()
        return [SiteState(key, site, bool(paused & {key, ALL})) for key, site in sites]

    def require(self, key: str) -> None:
        """Raise ConfigurationError unless there is a site with that key: a misspelt one would look like
        a site about which there is nothing to report."""
        known = self._sites.all()
        if key not in known:
            raise ConfigurationError(
                [f"there is no site {key!r}; there is: {', '.join(known) or 'none'}"]
            )

    def pause(self, key: str | None) -> bool:
        """Accept and dial no calls for one site, or None for all; False if that was so already."""
        return self._pauses.pause(self._pausable(key))

    def resume(self, key: str | None) -> bool:
        """Lift the pause of one site, or None for that of all; False if there was none. Neither lifts
        the other."""
        return self._pauses.resume(self._pausable(key))

    def paused(self) -> list[str | None]:
        """The keys of the sites that are paused by themselves; None alone if all are."""
        paused = self._pauses.all()
        return [None] if ALL in paused else [key for key in self._sites.all() if key in paused]

    def _pausable(self, key: str | None) -> str:
        if key is None:
            return ALL
        self.require(key)
        return key
