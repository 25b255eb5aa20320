"""The site that a request is about."""

from __future__ import annotations

from flask import g

from webapp.domain.sites import Site
from webapp.web.context import services
from webapp.web.problems import Problem


def load_site(key: str) -> Site:
    """The site of that key, kept in `g` for the handlers of faults and headers. Raises Problem.

    A key that is no site's is kept nowhere: the log would repeat what a stranger wrote.
    """
    site = services().sites.get(key)
    if site is None:
        raise Problem("unknown-site", "site_unknown")
    g.site_key = key
    g.site = site
    return site
