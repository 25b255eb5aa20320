"""Sites in the database, and the short-lived copy that requests read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from enum import StrEnum
from threading import Lock

from pydantic import ValidationError
from sqlalchemy import delete, insert, select, update

from webapp.domain.clock import Clock
from webapp.domain.site.model import Site
from webapp.store.consents import keep_wordings
from webapp.store.engine import Database, StoreUnavailable
from webapp.store.pauses import ALL, PauseRepository
from webapp.store.tables import sites

FRESH_SECONDS = 1.0
"""A changed site reaches every process within this time."""


class Change(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"


class SiteRepository:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def all(self) -> dict[str, Site]:
        with self._database.read() as connection:
            rows = connection.execute(select(sites).order_by(sites.c.key)).all()
        return {row.key: _site_of(row.key, row.config) for row in rows}

    def apply(self, wanted: Mapping[str, Site], *, prune: bool) -> dict[str, Change]:
        """Store these sites in one transaction; with `prune`, remove all others."""
        changes: dict[str, Change] = {}
        now = self._clock()
        with self._database.write() as connection:
            known = {row.key: row.config for row in connection.execute(select(sites))}
            for key, site in wanted.items():
                # Without defaults, so that a new one reaches who has said nothing else.
                config = site.model_dump(mode="json", exclude_unset=True)
                if key not in known:
                    connection.execute(insert(sites).values(key=key, config=config, changed_at=now))
                    changes[key] = Change.ADDED
                elif known[key] != config:
                    connection.execute(
                        update(sites)
                        .where(sites.c.key == key)
                        .values(config=config, changed_at=now)
                    )
                    changes[key] = Change.CHANGED
                else:
                    changes[key] = Change.UNCHANGED
            keep_wordings(connection, (site.wording for site in wanted.values()), self._clock)
            for key in sorted(known.keys() - wanted.keys() if prune else ()):
                connection.execute(delete(sites).where(sites.c.key == key))
                changes[key] = Change.REMOVED
        return changes


def _site_of(key: str, config: object) -> Site:
    """Raises StoreUnavailable if it cannot be read, as a newer Callme or somebody by hand wrote it."""
    try:
        return Site.model_validate(config)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise StoreUnavailable(
            f"the stored site {key} cannot be read ({wrong}); store it anew: callme sites apply"
        ) from None


class SiteCache:
    """The sites as they were at most FRESH_SECONDS ago, so that a request costs no query for them.

    While the database cannot be read, each site stays as it was last, so that a refusal can still offer
    the owner's number. No call is accepted on that basis, as accepting one takes a commit.
    """

    def __init__(self, repository: SiteRepository, pauses: PauseRepository) -> None:
        self._repository = repository
        self._pauses = pauses
        self._sites: Mapping[str, Site] = {}
        self._paused: set[str] = set()
        self._read_at = float("-inf")
        self._fault: StoreUnavailable | None = None
        self._lock = Lock()

    def get(self, key: str) -> Site | None:
        """Raises StoreUnavailable if the sites cannot be read and this one has never been."""
        if time.monotonic() - self._read_at > FRESH_SECONDS:
            try:
                self._read()
            except StoreUnavailable as fault:
                self._fault = fault
                if key not in self._sites:
                    raise
        return self._sites.get(key)

    def is_paused(self, key: str) -> bool:
        """Raises StoreUnavailable if it cannot be read: the last known state is not good enough."""
        self.get(key)
        if self._fault:
            raise self._fault
        return self.seems_paused(key)

    def seems_paused(self, key: str) -> bool:
        """The last known state: good enough for what a page shows, not for accepting a call."""
        return bool(self._paused & {key, ALL})

    def all(self) -> list[Site]:
        self.get("")
        return [*self._sites.values()]

    def _read(self) -> None:
        began = time.monotonic()
        found, paused = self._repository.all(), self._pauses.all()
        with self._lock:
            if began < self._read_at:
                return  # another thread began to read later and was faster
            # An unchanged site stays the same object, so that what was built from it can be kept.
            self._sites = {
                name: old if (old := self._sites.get(name)) == site else site
                for name, site in found.items()
            }
            self._paused = paused
            self._read_at = began
            self._fault = None
