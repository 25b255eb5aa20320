"""A visitor's change of a planned call, from the API or the hosted page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, request

from webapp.context import services
from webapp.domain.calls import Call, CallStatus, is_call_id
from webapp.domain.refusals import OF_WHEN, Reason, Refusal
from webapp.services.planning import Who
from webapp.web.call.moment import require_day, require_open
from webapp.web.call.slots import when_problem
from webapp.web.call.times import names_no_zone, visitors_timezone
from webapp.web.guards.body import require_form_body
from webapp.web.language import speak, words
from webapp.web.problems import Problem


@dataclass(frozen=True, slots=True)
class Change:
    """A planned call whose `key` the request has."""

    call: Call
    who: Who


def change_of(call_id: str) -> Change:
    """Raises Refusal if there is no such call, or the `key` is not its own; then `g` has its site."""
    require_form_body()
    call = services().planning.get(call_id) if is_call_id(call_id) else None
    if call is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    g.site_key = call.site
    g.site = services().sites.get(call.site)
    speak(call.visit.locale)
    receptionist = g.site.receptionist(call.receptionist) if g.site else None
    if receptionist is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    services().call_keys.require(call.wish, request.form.get("key", ""))
    zone = visitors_timezone() or call.timezone
    return Change(call, Who(call.site, g.site, receptionist, call.phone, zone))


def moved_call(change: Change) -> Call:
    """The call, moved to the form's `when`; an empty one means now. Raises Refusal."""
    call, who, when = change.call, change.who, request.form.get("when", "")
    if names_no_zone():
        reason = Reason.TIMEZONE_UNKNOWN
        raise Problem(reason, errors={"timezone": [words().text(reason.sentence)]})
    if call.status is not CallStatus.SCHEDULED:
        raise Refusal(Reason.CALL_BEGUN)
    if services().sites.is_paused(call.site):
        raise Refusal(Reason.PAUSED)
    limits = who.site.call_limits(services().calls_per_day)
    try:
        if not when:
            _require_now(who)
        return services().planning.move(call, who, when, limits)
    except Refusal as refusal:
        if refusal.reason in OF_WHEN:
            raise when_problem(refusal, who, when) from None
        raise


def _require_now(who: Who) -> None:
    """Raise Refusal unless the phone can be rung now."""
    require_open(who.site, who.receptionist)
    if request.form.get("night") != "yes":
        require_day(who.site, who.phone)
    if services().request_call.is_refusing(who.receptionist):
        raise Refusal(Reason.VENDOR_DOWN)
