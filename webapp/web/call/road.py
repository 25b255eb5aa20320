"""The steps from a submitted form to a committed call, for the API and the hosted page.

Before them, the site is loaded (site/find.py) and the request counted against the view's limit.
docs/abuse.md explains each guard.
"""

from __future__ import annotations

from dataclasses import replace

from flask import g

from webapp.context import services
from webapp.domain.calls import Call
from webapp.domain.limits import LimitReached
from webapp.domain.refusals import OF_WHEN, Reason, Refusal
from webapp.domain.site.model import Site
from webapp.services.planning import Who
from webapp.services.request_call import CallRequest
from webapp.web.call.forms import CallForm, require_valid
from webapp.web.call.moment import require_day
from webapp.web.call.slots import instant, plan_of, when_problem
from webapp.web.guards.body import require_form_body
from webapp.web.guards.captcha import require_captcha
from webapp.web.guards.security import refuse_foreign_origin, require_site_origin
from webapp.web.problems import Problem
from webapp.web.recording import record_accepted


def call_from_press(site_key: str, *, hosted: bool) -> Call:
    """The committed call that the form requests; `hosted` if the form is on a page of ours.

    Raises the first guard's Refusal, or StoreUnavailable; then nothing was accepted.
    """
    site: Site = g.site
    require_form_body()
    refuse_foreign_origin() if hosted else require_site_origin(site)
    require_open_site(site_key)
    with services().gate.turn(site_key, site):
        form = CallForm(site_key, site)
        wish, token = require_valid(form)
        who = Who(site_key, site, wish.receptionist, wish.phone.e164, wish.timezone)
        wish = at_the_right_moment(wish, who, form.when.data or "")
        services().proof.require(site_key, site, token, form.proof.data or "")
        require_captcha(site, wish)
        try:
            call = services().request_call(wish)
        except LimitReached as refusal:
            if refusal.reason not in OF_WHEN:
                raise
            raise when_problem(refusal, who, form.when.data or "") from None
    if hosted:
        require_same_wish(call, wish, form.when.data or "")
    record_accepted(site_key)
    return call


def at_the_right_moment(wish: CallRequest, who: Who, when: str) -> CallRequest:
    """The request with its plan, if it has one. Raises Problem where the time does not suit the owner
    or the phone; a request that has its call already gets that."""
    try:
        plan = plan_of(who, when)
        if plan is None:
            wish = by_day_or_wanted(wish, who)
    except Problem:
        if not services().request_call.is_stored(wish.site, wish.request_id):
            raise
        return wish
    slot = who.site.later.slot if who.site.later else wish.slot
    return replace(wish, plan=plan, slot=slot)


def by_day_or_wanted(wish: CallRequest, who: Who) -> CallRequest:
    """The request of a call for now. Raises Problem if it is night at the phone's place, and the visitor
    has not said that it may ring all the same. Only what was said at night is on record."""
    try:
        require_day(who.site, who.phone, who.timezone)
    except Problem:
        if not wish.agreement.night:
            raise
        return wish
    return replace(wish, agreement=replace(wish.agreement, night=None))


def require_open_site(site_key: str) -> None:
    """Raise Refusal if the operator has paused the site."""
    if services().sites.is_paused(site_key):
        raise Refusal(Reason.PAUSED)


def require_same_wish(call: Call, wish: CallRequest, when: str) -> None:
    """Raise Refusal if the stored call differs from the request: the visitor went back to a cached page
    of ours and typed something else there. The widget makes a new `request_id` in this case."""
    planned_at = instant(call.plan.at) if call.plan else ""
    asked_for = wish.phone.e164, wish.receptionist.key, when
    if (call.phone, call.receptionist, planned_at) != asked_for:
        raise Refusal(Reason.TOKEN_SPENT)
