"""The widget's files: the launcher with its site's configuration, and the immutable modules."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request

from webapp.assets import CODINGS, Asset, SiteFiles
from webapp.context import services
from webapp.web.site.public import public_site

LAUNCHER_SECONDS = 300
"""How long a browser may use a cached launcher, and as long again while it revalidates: a changed site
is visible after at most twice this time."""

_A_WHILE = f"public, max-age={LAUNCHER_SECONDS}, stale-while-revalidate={LAUNCHER_SECONDS}"

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
"""For requests with an outdated version, from a page loaded before a change: they get the current
file."""

widget = Blueprint("widget", __name__)


@widget.get("/w/<site_key>.js")
def launcher(site_key: str) -> Response:
    """The widget's launcher, with the site's button configuration inlined."""
    return _send(_files(site_key).launcher, _A_WHILE)


@widget.get("/w/<site_key>/<version>.js")
def form(site_key: str, version: str) -> Response:
    """The site's form configuration, imported with the panel."""
    files = _files(site_key)
    return _send(files.form, _FOR_EVER if version == files.form_version else _ASK_AGAIN)


@widget.get("/widget/<version>/<name>")
def module(version: str, name: str) -> Response:
    files = services().widget.files
    if name not in files:
        abort(404)
    if version != services().widget.version:
        return _send(files[name], _ASK_AGAIN)
    return _send(files[name], _FOR_EVER)


def _files(site_key: str) -> SiteFiles:
    paused = services().sites.seems_paused(site_key)
    spans = services().moments.shown_spans(site_key, g.site)
    return services().widget.of_site(site_key, g.site, paused, spans, public_site)


def _send(asset: Asset, cache_control: str) -> Response:
    """The asset, compressed if accepted; 304 if the browser already has it."""
    coding = request.accept_encodings.best_match(CODINGS, default="")
    response = Response(
        asset.encoded(coding) if coding else asset.body,
        mimetype="text/javascript",
        headers={
            "Cache-Control": cache_control,
            "Access-Control-Allow-Origin": "*",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Vary": "Accept-Encoding",
        },
    )
    if coding:
        response.headers["Content-Encoding"] = coding
    response.set_etag(f"{asset.etag}-{coding}" if coding else asset.etag)
    response.make_conditional(request)
    return response
