"""What a form says about where its visitor came from."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import request

from webapp.domain.calls import Visit


@dataclass(frozen=True, slots=True)
class Told:
    """One field that a form may send: what it is, and how many characters of it are kept."""

    what: str
    most: int


_ADDRESS = "The address of {}; its query and fragment are not kept."
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

VISIT_FIELDS = {
    "page_url": Told(_ADDRESS.format("the page with the form"), 2048),
    "landing_url": Told(_ADDRESS.format("the visit's first page"), 2048),
    "referrer": Told(_ADDRESS.format("the page before it"), 2048),
    "locale": Told("The visitor's language, as a BCP 47 tag; answers are in it.", 35),
    **{name: Told("The campaign's parameter of this name.", 255) for name in _UTM},
}


def sent_visit() -> Visit:
    """Where the visitor came from. Values are cut to length, as long ones are not the visitor's fault.

    The campaign's parameters come from the form that was sent, or from the page's own address.
    """
    given = request.form if request.method == "POST" else request.args
    utm = {name: _clean(given.get(name), VISIT_FIELDS[name].most) for name in _UTM}
    return Visit(
        page_url=_page("page_url"),
        landing_url=_page("landing_url"),
        referrer=_page("referrer"),
        locale=_clean(request.form.get("locale"), VISIT_FIELDS["locale"].most),
        utm={name: value for name, value in utm.items() if value},
    )


def _page(name: str) -> str:
    """The address without query and fragment, as those may hold somebody's name or number."""
    return re.split(r"[?#]", _clean(request.form.get(name), VISIT_FIELDS[name].most), maxsplit=1)[0]


def _clean(text: str | None, length: int) -> str:
    if not text:
        return ""
    start = text[: length * 2]
    if not start.isprintable():
        start = "".join(character for character in start if character.isprintable())
    return start[:length]
