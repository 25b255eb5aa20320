"""The sites that requests see are never replaced by an older copy that was slower to read."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Thread
from typing import cast

from tests.helpers.sites import SITES, both_sites
from webapp.domain.site.model import Site
from webapp.domain.site.reading import parse_sites
from webapp.services.sites import SiteCache
from webapp.store.pauses import PauseRepository
from webapp.store.sites import SiteRepository

OLD = parse_sites(SITES, "the tests' sites")
NEW = parse_sites(both_sites(name="Acme & Sons"), "the tests' sites")


class Rows:
    """The tables of sites and of pauses. The first thread to read them is the last to finish."""

    def __init__(self) -> None:
        self.asked = Event()
        self.go_on = Event()

    def all(self) -> Mapping[str, Site]:
        if self.asked.is_set():
            return NEW
        self.asked.set()
        assert self.go_on.wait(10)
        return OLD


class NoPauses:
    def all(self) -> set[str]:
        return set()


def test_a_stale_read_does_not_overwrite_a_newer_site() -> None:
    rows = Rows()
    cache = SiteCache(cast(SiteRepository, rows), cast(PauseRepository, NoPauses()))
    slow = Thread(target=cache.get, args=("acme",))
    slow.start()
    assert rows.asked.wait(10)
    site = cache.get("acme")
    assert site == NEW["acme"]
    rows.go_on.set()
    slow.join(10)
    assert cache.get("acme") is site
