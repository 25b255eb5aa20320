"""The site that a request is about."""

from __future__ import annotations

from flask import Flask, g, request

from webapp.web.context import services
from webapp.web.problems import Problem


def find_sites(app: Flask) -> None:
    """Load the site that a path names before any other check: refusals need it too.

    Raises Problem for an unknown site. Its key is not kept, as the log would then repeat what a
    stranger wrote.
    """

    @app.before_request
    def find_site() -> None:
        key = (request.view_args or {}).get("site_key")
        if key is None:
            return
        site = services().sites.get(key)
        if site is None:
            raise Problem("unknown-site", "site_unknown")
        g.site_key = key
        g.site = site
