"""A visitor's change of a planned call, from the API or the hosted page."""

from __future__ import annotations

from flask import g, request

from webapp.context import services
from webapp.domain.calls import Call, CallStatus, is_call_id
from webapp.domain.refusals import OF_WHEN, Reason, Refusal
from webapp.domain.site.model import Site
from webapp.services.planning import Who
from webapp.web.call.moment import require_day, require_open
from webapp.web.call.slots import when_problem
from webapp.web.call.times import names_no_zone, visitors_timezone
from webapp.web.guards.body import require_form_body
from webapp.web.language import speak, words
from webapp.web.problems import Problem


def call_to_change(call_id: str) -> Call:
    """The call whose `key` the form has; `g` then has its site. Raises Refusal if there is no such
    call, or the key is not its own."""
    require_form_body()
    call = services().planning.get(call_id) if is_call_id(call_id) else None
    if call is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    g.site_key = call.site
    g.site = services().sites.get(call.site)
    speak(call.visit.locale)
    if g.site is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    services().call_keys.require(call.wish, request.form.get("key", ""))
    return call


def moved_call(call: Call) -> Call:
    """The call, moved to the form's `when`; an empty one means now. Raises Refusal."""
    site: Site = g.site
    receptionist = site.receptionist(call.receptionist)
    if receptionist is None or call.status is not CallStatus.SCHEDULED:
        raise Refusal(Reason.CALL_BEGUN)
    if names_no_zone():
        reason = Reason.TIMEZONE_UNKNOWN
        raise Problem(reason, errors={"timezone": [words().text(reason.sentence)]})
    if services().sites.is_paused(call.site):
        raise Refusal(Reason.PAUSED)
    zone = visitors_timezone() or call.timezone
    who, when = Who(call.site, site, receptionist, call.phone, zone), request.form.get("when", "")
    limits = site.call_limits(services().calls_per_day)
    try:
        night = not when and _wanted_at_night(who)
        return services().planning.move(call, who, when, limits, night=night)
    except Refusal as refusal:
        if refusal.reason in OF_WHEN:
            raise when_problem(refusal, who, when) from None
        raise


def _wanted_at_night(who: Who) -> bool:
    """Whether it is night at the phone's place and the visitor wants to be rung now all the same. Raises
    Refusal where the phone cannot be rung now."""
    require_open(who.site, who.receptionist)
    if services().request_call.is_down(who.receptionist):
        raise Refusal(Reason.VENDOR_DOWN)
    try:
        require_day(who.site, who.phone, who.timezone)
    except Problem:
        if request.form.get("night") != "yes":
            raise
        return True
    return False
