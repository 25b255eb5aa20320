"""The fields of a form that say where its visitor came from."""

from __future__ import annotations

import re

from flask_wtf import FlaskForm
from wtforms import HiddenField
from wtforms.fields.core import UnboundField

from webapp.domain.calls import Visit

UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")


def _text(description: str, length: int) -> UnboundField[HiddenField]:
    """A field whose value is cut to length: a long one is not the visitor's fault."""

    def cut(value: str | None) -> str:
        start = (value or "")[: length * 2]
        if not start.isprintable():
            start = "".join(character for character in start if character.isprintable())
        return start[:length]

    return HiddenField(description=f"{description} Cut after {length} characters.", filters=[cut])


def _address(description: str) -> UnboundField[HiddenField]:
    """An address without query and fragment, as those may hold somebody's name or number."""
    field = _text(f"The address of {description}; its query and fragment are not kept.", 2048)
    field.kwargs["filters"].append(lambda value: re.split(r"[?#]", value, maxsplit=1)[0])
    return field


def _campaign() -> UnboundField[HiddenField]:
    return _text("The campaign's parameter of this name.", 255)


class VisitForm(FlaskForm):
    page_url = _address("the page with the form")
    landing_url = _address("the visit's first page")
    referrer = _address("the page before it")
    locale = _text("The visitor's language, as a BCP 47 tag; answers are in it.", 35)
    utm_source = _campaign()
    utm_medium = _campaign()
    utm_campaign = _campaign()
    utm_term = _campaign()
    utm_content = _campaign()

    @property
    def visit(self) -> Visit:
        return Visit(
            page_url=self.page_url.data,
            landing_url=self.landing_url.data,
            referrer=self.referrer.data,
            locale=self.locale.data,
            utm={name: self[name].data for name in UTM if self[name].data},
        )
