"""The fields of a form that say where its visitor came from."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import HiddenField

from webapp.domain.calls import Visit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _text(length: int, *, address: bool = False) -> HiddenField:
    """A field whose value is cut to length: a long one is not the visitor's fault. An address loses its
    query and fragment, as those may hold somebody's name or number."""

    def cut(value: str | None) -> str:
        start = (value or "")[: length * 2]
        if not start.isprintable():
            start = "".join(character for character in start if character.isprintable())
        text = start[:length]
        return re.split(r"[?#]", text, maxsplit=1)[0] if address else text

    return HiddenField(filters=[cut])


class VisitForm(FlaskForm):
    page_url = _text(2048, address=True)
    landing_url = _text(2048, address=True)
    referrer = _text(2048, address=True)
    locale = _text(35)
    utm_source = _text(255)
    utm_medium = _text(255)
    utm_campaign = _text(255)
    utm_term = _text(255)
    utm_content = _text(255)

    @property
    def visit(self) -> Visit:
        return Visit(
            page_url=self.page_url.data or "",
            landing_url=self.landing_url.data or "",
            referrer=self.referrer.data or "",
            locale=self.locale.data or "",
            utm={name: self[name].data for name in UTM if self[name].data},
        )
