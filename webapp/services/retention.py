"""Deletes calls and consent evidence after their retention period, or at a person's request."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

from webapp.domain.clock import Clock
from webapp.domain.retention import EVIDENCE_DAYS, RETENTION_DAYS, Forgotten, Purged
from webapp.store.retention import CALLS, EVIDENCE, Purgeable, RetentionRepository
from webapp.store.sites import SiteRepository

REST_SECONDS = 0.05
"""The pause between two batches, so that new calls can be stored meanwhile."""


class Retention:
    def __init__(self, records: RetentionRepository, sites: SiteRepository, clock: Clock) -> None:
        self._records = records
        self._sites = sites
        self._clock = clock

    def purge(self, told_to_stop: threading.Event) -> Purged:
        """Delete what is past its retention period. Any number of processes may do so at once.

        Rows of removed sites are kept for the default number of days.
        """
        sites = self._sites.all()
        call_days = {key: site.retention_days for key, site in sites.items()}
        evidence_days = {key: site.evidence_days for key, site in sites.items()}
        purged = Purged(
            self._delete(CALLS, call_days, RETENTION_DAYS, told_to_stop),
            self._delete(EVIDENCE, evidence_days, EVIDENCE_DAYS, told_to_stop),
            self._records.delete_refusals(self._clock() - timedelta(days=RETENTION_DAYS)),
        )
        if purged != Purged():
            self._records.empty_log()
        return purged

    def _delete(
        self,
        kind: Purgeable,
        days: Mapping[str, int],
        otherwise: int,
        told_to_stop: threading.Event,
    ) -> int:
        now = self._clock()
        deleted = 0
        for site in self._records.sites(kind):
            before = now - timedelta(days=days.get(site, otherwise))
            more = True
            while more and not told_to_stop.is_set():
                count, more = self._records.delete_batch(kind, site, before)
                deleted += count
                if more:
                    told_to_stop.wait(REST_SECONDS)
        return deleted

    def forget(self, number: str) -> Forgotten:
        """Delete everything about a number (E.164) except its entry in the suppression list."""
        return self._records.wipe(self._records.forget(number, self._clock()))
