"""Validates the body of a submitted form."""

from __future__ import annotations

from flask import request
from gunicorn.http.errors import ParseException

from webapp.domain.refusals import Reason, Refusal
from webapp.web.language import FIELD, speak

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")


def require_form_body() -> None:
    """Raise Refusal unless the body is a complete form; then switch to the form's language.

    Without this check, any other body would look like an empty form.
    """
    if request.mimetype not in FORM_TYPES:
        raise Refusal(Reason.NOT_A_FORM)
    try:
        body = request.get_data()
    except ParseException:  # from gunicorn, for broken chunks
        raise Refusal(Reason.BODY_BROKEN) from None
    if len(body) < (request.content_length or 0):
        raise Refusal(Reason.BODY_CUT_SHORT)
    if body and not request.form and not request.files:
        raise Refusal(Reason.BODY_BROKEN)
    # werkzeug silently truncates a body without Content-Length at the limit.
    if request.content_length is None and len(body) >= (request.max_content_length or 0):
        raise Refusal(Reason.BODY_TOO_LARGE)
    speak(request.form.get(FIELD, ""))
