"""The language of a response, from the form, the URL or the browser."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, g, request
from markupsafe import Markup, escape
from werkzeug.local import LocalProxy

from webapp.context import services
from webapp.domain.locales import DEFAULT, direction, match_locale
from webapp.domain.site.model import Site
from webapp.words import Catalogue

FIELD = "locale"
"""The language's form field and query parameter."""

_OUR_PAGES = ("pages.", "status.", "stop.")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")


def words() -> Catalogue:
    """The catalogue for this response, chosen once, so that a response has one language."""
    if "words" not in g:
        named = match_locale([request.args.get(FIELD, "")])
        g.words = services().catalogues[named or _browsers_locale()]
    catalogue: Catalogue = g.words
    return catalogue


def speak(tag: str) -> None:
    """Respond in the language of this tag, if supported."""
    if locale := match_locale([tag]):
        g.words = services().catalogues[locale]


def speak_languages(app: Flask) -> None:
    """Declare the language to caches and screen readers, and keep it from page to page."""
    app.jinja_env.globals["words"] = LocalProxy(words)
    app.jinja_env.globals["owners_tongue"] = _owners_tongue
    app.jinja_env.filters["whole_numbers"] = _whole_numbers

    @app.after_request
    def tell(response: Response) -> Response:
        if "words" in g:
            response.headers.add("Content-Language", g.words.locale)
            response.vary.add("Accept-Language")
        return response

    @app.url_defaults
    def ride_along(endpoint: str, values: dict[str, Any]) -> None:
        # A URL contains the language only if it differs from the browser's.
        if endpoint.startswith(_OUR_PAGES) and words().locale != _browsers_locale():
            values.setdefault(FIELD, words().locale)


def _browsers_locale() -> str:
    """The browser's first supported language, else the site's."""
    site: Site | None = g.get("site")
    wanted = [tag for tag, weight in request.accept_languages if weight > 0]
    return match_locale([*wanted, site.language if site else ""]) or DEFAULT


def _owners_tongue(language: str) -> Markup:
    """HTML attributes for the owner's texts, if their language is not the page's."""
    page = words()
    found = Markup()
    if language != page.locale:
        found += Markup(' lang="{}"').format(language)
    if direction(language) != page.direction:
        found += Markup(' dir="{}"').format(direction(language))
    return found


def _whole_numbers(sentence: str) -> Markup:
    """The sentence as HTML in which phone numbers neither wrap nor run right to left."""
    numbered = _PHONE.sub(r'<span class="number" dir="ltr">\g<0></span>', str(escape(sentence)))
    return Markup(numbered)  # noqa: S704  # escaped on the line above
