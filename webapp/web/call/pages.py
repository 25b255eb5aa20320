"""The hosted page: the widget's form and progress, working without JavaScript."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.context import services
from webapp.domain.calls import UTM
from webapp.domain.phone.countries import country_choices
from webapp.domain.phone.number import example_phone
from webapp.domain.problem_kinds import Kind
from webapp.domain.refusals import Reason, Refusal
from webapp.services.planning import Who
from webapp.web.call.forms import CallForm, shown_token
from webapp.web.call.moment import closed_sentence, moments_of
from webapp.web.call.road import call_from_press
from webapp.web.call.slots import DayOfTimes, days_of_times
from webapp.web.call.times import visitors_timezone
from webapp.web.guards.captcha import captcha_of
from webapp.web.guards.limits import limit_visitor
from webapp.web.guards.security import allow_sources
from webapp.web.recording import record_refused
from webapp.web.site.public import public_site

_SHOWN_IN_FORM = (Kind.VALIDATION, Kind.TOKEN, Kind.REFUSED)
"""The visitor can correct these in the form. Other refusals get a page of their own."""

pages = Blueprint("pages", __name__, url_prefix="/call")


@pages.get("/<site_key>")
@limit_visitor("60/minute")
def form(site_key: str) -> ResponseReturnValue:
    here = {"page_url": request.base_url, "referrer": request.referrer or ""}
    campaign = {name: request.args.get(name, "") for name in UTM}
    empty = _form({**campaign, **here})
    empty.request_id.data = str(uuid.uuid4())
    wanted = g.site.receptionist(request.args.get("receptionist", ""))
    empty.receptionist.data = (wanted or g.site.receptionists[0]).key
    return _form_page(empty)


@pages.post("/<site_key>")
@limit_visitor("10/minute; 60/hour")
def submit(site_key: str) -> ResponseReturnValue:
    try:
        call = call_from_press(site_key, hosted=True)
    except Refusal as refusal:
        reason = refusal.reason
        if reason.kind not in _SHOWN_IN_FORM and reason is not Reason.CAPTCHA_UNAVAILABLE:
            raise
        filled = _form()
        if reason is Reason.TOKEN_SPENT:  # the next submission is a new request
            filled.request_id.data = str(uuid.uuid4())
        return _form_page(filled, refusal)
    key = services().call_keys.of(call.wish)
    return redirect(url_for("status.show", site_key=site_key, call_id=call.id, key=key), code=303)


def _form(shown: Mapping[str, str] | None = None) -> CallForm:
    """The submitted form, or one with these values."""
    return CallForm(g.site_key, g.site, shown)


def _times(form: CallForm) -> list[DayOfTimes]:
    """The times to choose from. A page without scripts offers those of the receptionist who is chosen;
    where another one's differ, the answer to the form says so."""
    receptionist = form.site.receptionist(form.receptionist.data or "")
    phone = form.number.e164 if form.number else ""
    who = Who(
        form.site_key,
        form.site,
        receptionist or form.site.receptionists[0],
        phone,
        visitors_timezone(),
    )
    return days_of_times(who)


def _form_page(form: CallForm, refusal: Refusal | None = None) -> ResponseReturnValue:
    captcha = captcha_of(form.site)
    if captcha:
        allow_sources(captcha.service.sources)
    problem = record_refused(refusal) if refusal else None
    token = shown_token(form.site_key, form.site)
    challenge = services().proof.challenge(form.site_key, form.site, token.id)
    if challenge:
        allow_sources({"script-src": ["'self'"]})
    moments = moments_of(form.site)
    closed = closed_sentence(moments.values())
    times = _times(form) if any(moment.later for moment in moments.values()) else []
    page = render_template(
        "views/form.html",
        closed=closed,
        times=times,
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
    return page, problem.status if problem else 200
