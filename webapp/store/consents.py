"""The consent wordings that forms have shown, and the evidence of each call's consent."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, or_, select

from webapp.domain.clock import Clock
from webapp.domain.consent import Agreement, Consent, Evidence
from webapp.domain.suppression import Fingerprint
from webapp.store.engine import Database
from webapp.store.tables import call_evidence, consents


class EvidenceRepository:
    def __init__(self, database: Database, fingerprint: Fingerprint) -> None:
        self._database = database
        self._fingerprint = fingerprint

    def find(self, call_id_or_number: str) -> list[Evidence]:
        """The evidence of one call, or of all calls to a number (E.164), oldest first."""
        query = (
            select(call_evidence, consents.c.sentence, consents.c.locale.label("language"))
            .outerjoin(consents, consents.c.version == call_evidence.c.version)
            .where(
                or_(
                    call_evidence.c.call_id == call_id_or_number,
                    call_evidence.c.digest == self._fingerprint(call_id_or_number),
                )
            )
            .order_by(call_evidence.c.at)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [
            Evidence(
                row.call_id,
                row.site,
                row.at,
                row.page_url,
                row.last_two,
                Agreement(
                    row.version,
                    row.language or row.locale,  # the owner may have changed it meanwhile
                    row.ticked,
                    row.network,
                    row.token_id,
                    row.night,
                ),
                row.sentence or "",
            )
            for row in rows
        ]


def keep_wordings(connection: Connection, wanted: Iterable[Consent], clock: Clock) -> None:
    """Store new wordings within the caller's transaction."""
    by_version = {wording.version: wording for wording in wanted if wording.version}
    known = set(connection.scalars(select(consents.c.version)))
    new = [
        {
            "version": version,
            "locale": wording.locale,
            "sentence": wording.sentence,
            "kept_at": clock(),
        }
        for version, wording in by_version.items()
        if version not in known
    ]
    if new:
        connection.execute(insert(consents), new)
