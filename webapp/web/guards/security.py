"""The security headers of all responses, and the two checks of Origin."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence

from flask import Flask, Response, g, request

from webapp.context import services
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site

HSTS = "max-age=63072000; includeSubDomains"


def csp_nonce() -> str:
    """The nonce of this response, for the templates."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def allow_sources(sources: Mapping[str, Sequence[str]]) -> None:
    """Add sources to the Content-Security-Policy of this response only.

    If these include scripts, inline scripts still need the nonce.
    """
    allowed = g.setdefault("sources", {})
    for directive, more in sources.items():
        allowed[directive] = [*allowed.get(directive, ()), *more]


def _sent_origin() -> str | None:
    """The origin of the requesting page, as sent by the browser.

    A GET from our own origin has no Origin, and a POST has `null` if a proxy adds `Referrer-Policy:
    no-referrer`. Then Sec-Fetch-Site decides, which no script can set.
    """
    origin = request.headers.get("Origin")
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    return services().public_url if ours and origin in (None, "null") else origin


def require_site_origin(site: Site) -> None:
    """Raise Refusal unless the request comes from an origin that the owner listed."""
    origin = _sent_origin()
    if origin is None:
        raise Refusal(Reason.ORIGIN_MISSING)
    if origin not in site.origins:
        raise Refusal(Reason.ORIGIN_NOT_ALLOWED)


def refuse_foreign_origin() -> None:
    """Raise Refusal if a form of ours was submitted from another origin."""
    origin = _sent_origin()
    if origin is not None and origin not in (
        services().public_url,
        request.host_url.rstrip("/"),
    ):
        raise Refusal(Reason.ORIGIN_NOT_OURS)


def secure_answers(app: Flask, *, https: bool) -> None:
    """Add the security headers, and CORS for the origins of the requested site. `https` if browsers
    reach us by HTTPS."""
    app.jinja_env.globals["csp_nonce"] = csp_nonce

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.add("X-Content-Type-Options", "nosniff")
        response.headers.add("Referrer-Policy", "strict-origin-when-cross-origin")
        if "Cache-Control" not in response.headers:
            response.headers.add("Cache-Control", "no-store")
        if https:
            response.headers.add("Strict-Transport-Security", HSTS)
        if response.content_type.startswith("text/html"):
            _lock_page(response)
        if request.path.startswith("/api/"):
            _allow_origin(response)
        return response


def _lock_page(response: Response) -> None:
    policy = {
        "default-src": ["'none'"],
        "style-src": [f"'nonce-{csp_nonce()}'"],
        "img-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
    more: Mapping[str, Sequence[str]] = g.get("sources", {})
    if "script-src" in more:
        policy["script-src"] = [f"'nonce-{csp_nonce()}'"]
    for directive, sources in more.items():
        policy.setdefault(directive, []).extend(sources)
    response.headers["Content-Security-Policy"] = "; ".join(
        " ".join((directive, *sources)) for directive, sources in policy.items()
    )
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"


def _allow_origin(response: Response) -> None:
    response.vary.add("Origin")
    site: Site | None = g.get("site")
    origin = request.headers.get("Origin")
    allowed = origin if site and origin in site.origins else None
    if site is None and request.endpoint == "api.status":
        allowed = "*"  # the call is unknown: the widget must be able to read that
    if allowed:
        response.headers.add("Access-Control-Allow-Origin", allowed)
        if "Retry-After" in response.headers:
            response.headers.add("Access-Control-Expose-Headers", "Retry-After")
