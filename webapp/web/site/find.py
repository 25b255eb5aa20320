"""Loads the site of a request, and corrects mistyped paths."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Flask, current_app, g, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

from webapp.context import services
from webapp.domain.refusals import Reason, Refusal

_TAIL = re.compile(r"[/\s.,;:!?)>\"']+\Z")
"""What mail programs and people append to a URL."""


OUTLIVE_THEIR_SITE = ("status.show",)
"""The page of a call still says what became of it."""


def find_sites(app: Flask) -> None:
    """Load the site that a path names before any other check, as refusals need it too.

    A path with a trailing slash, or in capitals, is redirected to the correct one. An unknown site
    raises Refusal; its key is not stored, as it would put arbitrary text into the log.
    """

    @app.before_request
    def find_site() -> ResponseReturnValue | None:
        if isinstance(request.routing_exception, NotFound):
            return _redirect_to(_correct_path(request.path))
        key = (request.view_args or {}).get("site_key")
        if key is None:
            return None
        site = services().sites.get(key)
        if site is None:
            meant = _TAIL.sub("", key).lower()
            if meant != key and services().sites.get(meant):
                return _redirect_to(request.path.replace(f"/{key}", f"/{meant}", 1))
            if request.endpoint in OUTLIVE_THEIR_SITE:
                g.site_key = key
                return None
            raise Refusal(Reason.SITE_UNKNOWN)
        g.site_key = key
        g.site = site
        return None


def _redirect_to(path: str) -> ResponseReturnValue | None:
    """A redirect that keeps method, body and query; None for an empty or unprintable path."""
    if not path or not path.isprintable():
        return None
    address, query = quote(path), request.query_string.decode("ascii", "replace")
    return redirect(f"{address}?{query}" if query else address, code=308)


def _correct_path(path: str) -> str:
    """The path that an unknown one was meant to be; empty if there is none."""
    first, slash, rest = _TAIL.sub("", path).lstrip("/").partition("/")
    if first.lower() == "w":  # file names only: ids of calls are case-sensitive
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
