"""Sites in the database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from enum import StrEnum

from pydantic import ValidationError
from sqlalchemy import delete, insert, select, update

from webapp.domain.calls import Call, Cause
from webapp.domain.clock import Clock
from webapp.domain.site.model import Site
from webapp.store.calls import cancel, log_cancelled
from webapp.store.consents import keep_wordings
from webapp.store.engine import Database, StoreUnavailable
from webapp.store.planned import planned_calls
from webapp.store.tables import calls, sites
from webapp.store.tally import count_alone

Review = Callable[[Collection[Call]], Iterable[Call]]


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

    def apply(
        self, wanted: Mapping[str, Site], *, prune: bool, review: Review = lambda _: ()
    ) -> dict[str, Change]:
        """Store these sites in one transaction; with `prune`, remove all others. `review` is shown the
        planned calls of the sites that change: it returns those to cancel, or raises, and then nothing
        changes."""
        changes: dict[str, Change] = {}
        now = self._clock()
        with self._database.write() as connection:
            count_alone(connection, self._database)  # no call is planned meanwhile
            known = {row.key: row.config for row in connection.execute(select(sites))}
            for key, site in wanted.items():
                # Without defaults, so that a new default applies to sites that set no value.
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
            changed = [key for key, change in changes.items() if change is not Change.UNCHANGED]
            ids = [call.id for call in review(planned_calls(connection, changed))]
            cancelled = cancel(connection, calls.c.id.in_(ids), now, Cause.SITE_CHANGED)
        log_cancelled(cancelled, Cause.SITE_CHANGED)
        return changes


def _site_of(key: str, config: object) -> Site:
    """Raises StoreUnavailable if it is invalid, as a newer Callme or a manual edit wrote it."""
    try:
        return Site.model_validate(config)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        raise StoreUnavailable(
            f"the stored site {key} cannot be read ({wrong}); store it anew: callme sites apply"
        ) from None
