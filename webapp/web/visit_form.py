"""The fields of a form that say where its visitor came from."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.fields.core import UnboundField

from webapp.domain.calls import Visit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _text(length: int) -> UnboundField[HiddenField]:
    """A field whose value is cut to length: a long one is not the visitor's fault."""

    def cut(value: str | None) -> str:
        start = (value or "")[: length * 2]
        if not start.isprintable():
            start = "".join(character for character in start if character.isprintable())
        return start[:length]

    return HiddenField(filters=[cut])


def _address() -> UnboundField[HiddenField]:
    """An address without query and fragment, as those may hold somebody's name or number."""
    field = _text(2048)
    field.kwargs["filters"].append(lambda value: re.split(r"[?#]", value, maxsplit=1)[0])
    return field


class VisitForm(FlaskForm):
    page_url = _address()
    landing_url = _address()
    referrer = _address()
    locale = _text(35)
    utm_source = _text(255)
    utm_medium = _text(255)
    utm_campaign = _text(255)
    utm_term = _text(255)
    utm_content = _text(255)

    @property
    def visit(self) -> Visit:
        return Visit(
            page_url=self.page_url.data,
            landing_url=self.landing_url.data,
            referrer=self.referrer.data,
            locale=self.locale.data,
            utm={name: self[name].data for name in UTM if self[name].data},
        )
