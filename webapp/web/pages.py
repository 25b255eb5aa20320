"""The hosted page: the widget's form and progress, complete without JavaScript."""

from __future__ import annotations

import uuid
from dataclasses import replace

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.domain.calls import Call, CallStatus
from webapp.domain.phone import example_phone
from webapp.domain.refusals import Kind, Reason, Refusal
from webapp.web.captcha import captcha_of
from webapp.web.context import services
from webapp.web.countries import country_choices
from webapp.web.forms import (
    CallForm,
    checked_request,
    require_form_body,
    require_open_site,
    shown_token,
)
from webapp.web.language import words
from webapp.web.problems import Problem, problem_of
from webapp.web.proof import challenge_for
from webapp.web.public import public_site, state_of, status_sentence
from webapp.web.security import allow_sources, refuse_foreign_origin

REFRESH_SECONDS = 2

# Steps done in a state of progress; an end that is none of them shows no steps.
_STEPS_REACHED = {
    CallStatus.SCHEDULED: 1,
    CallStatus.QUEUED: 1,
    CallStatus.DIALING: 2,
    CallStatus.CONNECTED: 3,
}

_MENDED_IN_THE_FORM = (Kind.VALIDATION, Kind.TOKEN)
"""By another number, or by sending it once more; what else is refused is told on a page of its own."""

pages = Blueprint("pages", __name__, url_prefix="/call")


@pages.get("/<site_key>")
def form(site_key: str) -> ResponseReturnValue:
    empty = CallForm(site_key, g.site, services().tokens, words())
    empty.request_id.data = str(uuid.uuid4())
    wanted = g.site.receptionist(request.args.get("receptionist", ""))
    empty.receptionist.data = (wanted or g.site.receptionists[0]).key
    empty.visit = replace(empty.visit, page_url=request.base_url, referrer=request.referrer or "")
    return _form_page(empty), 200


@pages.post("/<site_key>")
def submit(site_key: str) -> ResponseReturnValue:
    require_form_body()
    refuse_foreign_origin()
    require_open_site(site_key)
    filled = CallForm(site_key, g.site, services().tokens, words())
    try:
        call = _call_for(filled)
    except Problem as problem:
        problem.log()
        return _form_page(filled, problem), problem.status
    services().alarm.saw(site_key, refused=False)
    return redirect(url_for("pages.status", site_key=site_key, call_id=call.id), code=303)


@pages.get("/<site_key>/<call_id>")
def status(site_key: str, call_id: str) -> ResponseReturnValue:
    call = services().follow_call(call_id)
    if call is None or call.site != site_key:
        raise Problem(Reason.CALL_UNKNOWN)
    goes_on = not call.status.final
    if goes_on:
        allow_sources({"script-src": ["'self'"], "connect-src": ["'self'"]})
    page = render_template(
        "views/status.html",
        site=public_site(site_key, g.site),
        call=call,
        state=state_of(call),
        reached=_STEPS_REACHED.get(call.status, 0),
        sentence=status_sentence(call, g.site),
        refresh_seconds=REFRESH_SECONDS if goes_on else None,
    )
    return page, 200


def _call_for(form: CallForm) -> Call:
    """The call that the form asks for. Raises Problem where the form itself can be mended."""
    wish = checked_request(form)
    try:
        call = services().request_call(wish)
    except Refusal as refusal:
        if refusal.reason.kind not in _MENDED_IN_THE_FORM:
            raise
        raise problem_of(refusal) from None
    if (call.phone, call.receptionist) != (wish.phone.e164, wish.receptionist.key):
        # The browser went back to a page that it had kept, and what was typed there is another wish.
        form.request_id.data = str(uuid.uuid4())
        raise Problem(Reason.TOKEN_SPENT)
    return call


def _form_page(form: CallForm, problem: Problem | None = None) -> str:
    captcha = captcha_of(form.site)
    if captcha:
        allow_sources(captcha.service.sources)
    token = shown_token(form.site_key, form.site)
    challenge = challenge_for(form.site_key, form.site, token.id)
    if challenge:
        allow_sources({"script-src": ["'self'"]})
    return render_template(
        "views/form.html",
        site=public_site(form.site_key, form.site),
        form=form,
        countries=country_choices(form.site, form.words.locale),
        example=example_phone(form.read_in, form.site.fallback_phone),
        token=token.text,
        challenge=challenge,
        proof_module=url_for("widget.module", version=services().widget.version, name="proof.js"),
        captcha=captcha,
        problem=problem,
        errors=problem.errors if problem else {},
    )
