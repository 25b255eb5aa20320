"""`/stop`: the page on which people opt out of all calls to a number."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.fields.core import Field
from wtforms.validators import ValidationError

from webapp.context import services
from webapp.domain.phone.number import PhoneError
from webapp.domain.refusals import Reason
from webapp.domain.site.model import readings_of
from webapp.web.call.forms import SiteTokenCSRF
from webapp.web.guards.body import require_form_body
from webapp.web.guards.limits import limit_visitor
from webapp.web.guards.security import refuse_foreign_origin
from webapp.web.language import words
from webapp.web.problems import Problem
from webapp.web.recording import record_refused

_TOKEN_FOR = "/stop"  # replaces a site's key in the form's token; no site can have it

_EXAMPLE = "+1 202 555 0100"
"""In international format, as visitors of this page may live anywhere."""

stop = Blueprint("stop", __name__)


class StopForm(FlaskForm):
    class Meta:
        csrf = True
        csrf_class = SiteTokenCSRF
        csrf_field_name = "token"

    phone = StringField()

    def __init__(self) -> None:
        self.tokens = services().tokens
        self.site_key = _TOKEN_FOR
        self.reasons: list[Reason] = []
        self.token_refusal: Reason | None = None
        super().__init__(formdata=request.form)

    def validate_phone(self, field: Field) -> None:
        try:
            readings_of(field.data or "", services().sites.all())
        except PhoneError as error:
            self.reasons.append(error.reason)
            raise ValidationError(words().text("error.phone", example=_EXAMPLE)) from None


@stop.get("/stop")
@limit_visitor("60/minute")
def form() -> ResponseReturnValue:
    return _page(StopForm())


@stop.post("/stop")
@limit_visitor("5/minute; 20/hour")
def submit() -> ResponseReturnValue:
    """The response does not reveal whether the number was already on the list."""
    require_form_body()
    refuse_foreign_origin()
    filled = StopForm()
    if not filled.validate():
        token = [filled.token_refusal] if filled.token_refusal else []
        errors = {"phone": list(filled.phone.errors)} if filled.phone.errors else {}
        problem = record_refused(Problem(*token, *filled.reasons, errors=errors))
        return _page(filled, problem), problem.status
    services().opt_out(filled.phone.data or "")
    return render_template("views/stopped.html")


def _page(form: StopForm, problem: Problem | None = None) -> str:
    return render_template(
        "views/stop.html",
        form=form,
        example=_EXAMPLE,
        token=services().tokens.issue(_TOKEN_FOR).text,
        problem=problem,
        errors=problem.errors if problem else {},
    )
