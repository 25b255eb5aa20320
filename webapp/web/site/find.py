"""The site that a request is about, and addresses as people type them."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

from webapp.context import services
from webapp.domain.refusals import Reason, Refusal

_TAIL = re.compile(r"[/\s.,;:!?)>\"']+\Z")
"""What mail programs and people put behind an address."""


def find_sites(app: Flask) -> None:
    """Load the site that a path names before any other check: refusals need it too.

    An address with a slash at its end, or in capitals, is sent to the right one. Raises Refusal for an
    unknown site. Its key is not kept, as the log would then repeat what a stranger wrote.
    """

    @app.before_request
    def find_site() -> ResponseReturnValue | None:
        if isinstance(request.routing_exception, NotFound):
            return _to(_meant(request.path))
        key = (request.view_args or {}).get("site_key")
        if key is None:
            return None
        site = services().sites.get(key)
        if site is None:
            meant = _TAIL.sub("", key).lower()
            if meant != key and services().sites.get(meant):
                return _to(request.path.replace(f"/{key}", f"/{meant}", 1))
            raise Refusal(Reason.SITE_UNKNOWN)
        g.site_key = key
        g.site = site
        return None


def _to(path: str) -> ResponseReturnValue | None:
    """A redirect that keeps method, body and query; None for no path, or for one that nobody types."""
    if not path or not path.isprintable():
        return None
    address, query = quote(path), request.query_string.decode("ascii", "replace")
    return redirect(f"{address}?{query}" if query else address, code=308)


def _meant(path: str) -> str:
    """The address that was meant by one that leads nowhere; empty if none is known."""
    first, slash, rest = _TAIL.sub("", path).lstrip("/").partition("/")
    if first.lower() == "w":  # the names of files; calls' ids mind their case
        rest = rest.lower()
    meant = f"/{first.lower()}{slash}{rest}"
    adapter = current_app.create_url_adapter(request)
    if adapter is None or meant == path:
        return ""
    try:
        adapter.match(meant, method=request.method)
    except HTTPException:
        return ""
    return meant
