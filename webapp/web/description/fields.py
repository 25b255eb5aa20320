"""The fields of a form as a JSON schema, from the form's own class."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms.fields.core import UnboundField

from webapp.web.captcha import FIELD as CAPTCHA

Schema = dict[str, Any]

_FORM = "What is sent; fields that are not named here are passed over."
_TOKEN = "The token that was given for this form; good for one call."
_CAPTCHA = "The captcha's answer, where the site has one."


class Says:
    """A validator that states facts of a field, and leaves their check to the form's own words."""

    def __init__(self, **facts: bool | int | str | list[str]) -> None:
        self.field_flags = facts

    def __call__(self, form: object, field: object) -> None:
        """Nothing: the form checks."""


def form_schema(form: type[FlaskForm]) -> Schema:
    """What may be sent, field by field, in the form's order; unknown fields are ignored."""
    fields = sorted(
        ((name, one) for name in dir(form) if isinstance(one := getattr(form, name), UnboundField)),
        key=lambda named: named[1].creation_counter,
    )
    facts = {name: _facts(one) for name, one in fields}
    facts[form.Meta.csrf_field_name] = {"description": _TOKEN, "required": True}
    needed = [name for name, one in facts.items() if one.pop("required", False)]
    sent = {name: {"type": "string", **one} for name, one in facts.items()}
    sent[CAPTCHA] = {"type": "string", "description": _CAPTCHA}
    return {"type": "object", "description": _FORM, "properties": sent, "required": needed}


def _facts(field: UnboundField[Any]) -> Schema:
    facts: Schema = {"description": field.kwargs["description"]}
    for validator in field.kwargs.get("validators", ()):
        facts |= validator.field_flags
    return facts
