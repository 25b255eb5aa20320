"""The language of an answer: the visitor's, as the form, the address or the browser says it."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Response, g, request
from markupsafe import Markup, escape
from werkzeug.local import LocalProxy

from webapp.domain.locales import DEFAULT, accepted, direction, match_locale
from webapp.domain.sites import Site
from webapp.web.context import services
from webapp.words import Catalogue

FIELD = "locale"
"""Of the form and of an address."""

_OUR_PAGES = ("pages.", "stop.")
_PHONE = re.compile(r"\+?\(?\d[\d ()./-]{5,}\d")


def words() -> Catalogue:
    """What this answer is written with; all of it, once the first word was asked for."""
    if "words" not in g:
        asked = match_locale([request.args.get(FIELD, "")])
        g.words = services().catalogues[asked or _browsers_locale()]
    catalogue: Catalogue = g.words
    return catalogue


def speak(tag: str) -> None:
    """Answer in the language of that tag, if it is one of ours."""
    if locale := match_locale([tag]):
        g.words = services().catalogues[locale]


def differ_by(response: Response, header: str) -> None:
    """Tell caches that another value of this header of a request would have had another answer."""
    # As werkzeug's `vary.add`, at a fifth of its time: every answer of the API comes by here.
    others = response.headers.get("Vary")
    response.headers["Vary"] = f"{others}, {header}" if others else header


def speak_languages(app: Flask) -> None:
    """Tell caches and screen readers the language; have it ride along from page to page."""
    app.jinja_env.globals["words"] = LocalProxy(words)
    app.jinja_env.globals["owners_tongue"] = _owners_tongue
    app.jinja_env.filters["whole_numbers"] = _whole_numbers

    @app.after_request
    def tell(response: Response) -> Response:
        if "words" in g:
            response.headers.add("Content-Language", g.words.locale)
            differ_by(response, "Accept-Language")
        return response

    @app.url_defaults
    def ride_along(endpoint: str, values: dict[str, Any]) -> None:
        # An address says the language only where the browser would not ask for the same.
        if endpoint.startswith(_OUR_PAGES) and words().locale != _browsers_locale():
            values.setdefault(FIELD, words().locale)


def _browsers_locale() -> str:
    """What the browser asks for. To one that asks for none of ours the site's own language is best."""
    site: Site | None = g.get("site")
    wanted = accepted(request.headers.get("Accept-Language", ""))
    return match_locale([*wanted, site.language if site else ""]) or DEFAULT


def _owners_tongue(language: str) -> Markup:
    """Attributes for what a site's owner wrote, where that is another language than the page's."""
    page = words()
    found = Markup()
    if language != page.locale:
        found += Markup(' lang="{}"').format(language)
    if direction(language) != page.direction:
        found += Markup(' dir="{}"').format(direction(language))
    return found


def _whole_numbers(sentence: str) -> Markup:
    """No phone number in it is cut at a line's end, or runs from right to left."""
    numbered = _PHONE.sub(r'<span class="number" dir="ltr">\g<0></span>', str(escape(sentence)))
    return Markup(numbered)  # noqa: S704  # escaped in the line above
