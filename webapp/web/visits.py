"""What a form tells of where its visitor came from."""

from __future__ import annotations

import re

from flask import request

from webapp.domain.calls import Visit

MAX_ADDRESS = 2048
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

VISIT_FIELDS = {
    "page_url": MAX_ADDRESS,
    "landing_url": MAX_ADDRESS,
    "referrer": MAX_ADDRESS,
    "locale": 35,
    **dict.fromkeys(_UTM, 255),
}
"""What a form may tell of its visit, and how many characters of it are kept."""


def sent_visit() -> Visit:
    """Where the visitor came from, cut to length: what does not fit is no fault of the visitor's.

    The campaign's parameters are those of the form that was sent, or of the page's own address.
    """
    given = request.form if request.method == "POST" else request.args
    utm = {name: _clean(given.get(name), VISIT_FIELDS[name]) for name in _UTM}
    return Visit(
        page_url=_page(request.form.get("page_url")),
        landing_url=_page(request.form.get("landing_url")),
        referrer=_page(request.form.get("referrer")),
        locale=_clean(request.form.get("locale"), VISIT_FIELDS["locale"]),
        utm={name: value for name, value in utm.items() if value},
    )


def _page(address: str | None) -> str:
    """Without its query and fragment: who knows whose name or number a link carries."""
    return re.split(r"[?#]", _clean(address, MAX_ADDRESS), maxsplit=1)[0]


def _clean(text: str | None, length: int) -> str:
    if not text:
        return ""
    start = text[: length * 2]
    if not start.isprintable():
        start = "".join(character for character in start if character.isprintable())
    return start[:length]
