"""The suppression list in the database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, bindparam, delete, or_, select

from webapp.domain.clock import Clock
from webapp.domain.suppression import Fingerprint, Source, Suppression
from webapp.store.calls import cancel, log_cancelled
from webapp.store.engine import Database
from webapp.store.tables import calls, suppressions

SUPPRESSED = "suppressed"
"""The reason of calls that were cancelled because their number was suppressed."""

BATCH = 500
"""Numbers added per transaction, as a statement's parameters are limited."""

# Built once, as it runs for every call.
_AMONG = select(suppressions.c.digest, suppressions.c.prefix).where(
    or_(suppressions.c.prefix > "", suppressions.c.digest.in_(bindparam("digests", expanding=True)))
)


class SuppressionRepository:
    def __init__(self, database: Database, fingerprint: Fingerprint, clock: Clock) -> None:
        self._database = database
        self.fingerprint = fingerprint
        self._clock = clock

    def add(self, numbers: Iterable[str], source: Source) -> int:
        """Suppress these numbers (E.164) and cancel their queued calls. Returns how many are new.

        A long list is added in several transactions, so that others can write in between.
        """
        wanted = {self.fingerprint(number): number for number in numbers}
        digests = sorted(wanted)  # ordered, to avoid deadlocks
        new = 0
        for start in range(0, len(digests), BATCH):
            batch = digests[start : start + BATCH]
            new += self._add_batch({digest: wanted[digest] for digest in batch}, source)
        return new

    def _add_batch(self, wanted: Mapping[str, str], source: Source) -> int:
        now = self._clock()
        with self._database.write() as connection:
            known = self._known(connection, wanted)
            new = [
                {
                    "digest": digest,
                    "last_two": number[-2:],
                    "prefix": "",
                    "source": source,
                    "added_at": now,
                }
                for digest, number in wanted.items()
                if digest not in known
            ]
            self._insert(connection, new)
            theirs = calls.c.phone.in_(list(wanted.values()))
            cancelled = cancel(connection, theirs, now, SUPPRESSED)
        log_cancelled(cancelled, SUPPRESSED)
        return len(new)

    def add_prefix(self, prefix: str) -> bool:
        """Suppress all numbers with this prefix (+1900); False if it is already listed."""
        with self._database.write() as connection:
            if self._known(connection, [prefix]):
                return False
            row = {
                "digest": prefix,
                "last_two": "",
                "prefix": prefix,
                "source": Source.OPERATOR,
                "added_at": self._clock(),
            }
            self._insert(connection, [row])
        return True

    def _insert(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Skips rows that another process has just added."""
        if rows:
            unless_there = self._database.upsert(suppressions).on_conflict_do_nothing()
            connection.execute(unless_there, rows)

    def remove(self, number_or_prefix: str) -> bool:
        """False if it is not listed."""
        digests = [number_or_prefix, self.fingerprint(number_or_prefix)]
        with self._database.write() as connection:
            removed = connection.execute(
                delete(suppressions).where(suppressions.c.digest.in_(digests))
            ).rowcount
        return bool(removed)

    def all(self) -> list[Suppression]:
        """Oldest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(suppressions).order_by(suppressions.c.added_at)).all()
        return [
            Suppression(row.added_at, Source(row.source), row.last_two, row.prefix) for row in rows
        ]

    def among(self, connection: Connection, numbers: Iterable[str]) -> set[str]:
        """The suppressed ones of these numbers, read within the caller's transaction."""
        by_digest = {self.fingerprint(number): number for number in numbers}
        rows = connection.execute(_AMONG, {"digests": list(by_digest)}).all()
        if not rows:
            return set()
        prefixes = tuple(row.prefix for row in rows if row.prefix)
        found = {by_digest[row.digest] for row in rows if row.digest in by_digest}
        return found | {number for number in by_digest.values() if number.startswith(prefixes)}

    def _known(self, connection: Connection, digests: Iterable[str]) -> set[str]:
        query = select(suppressions.c.digest).where(suppressions.c.digest.in_(list(digests)))
        return set(connection.scalars(query))
