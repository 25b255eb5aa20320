"""The API of planned calls: the times to choose from, and changes of mind."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, request
from flask.typing import ResponseReturnValue

from webapp.context import services
from webapp.domain.phone.number import PhoneError, example_phone, international
from webapp.domain.phone.reading import parse_phone
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.services.planning import Who
from webapp.web.call.changes import call_to_change, moved_call
from webapp.web.call.progress import public_progress
from webapp.web.call.slots import public_slots
from webapp.web.call.times import names_no_zone, visitors_timezone
from webapp.web.guards.limits import limit_visitor
from webapp.web.guards.security import require_site_origin
from webapp.web.language import words
from webapp.web.problems import Choice, Problem

plans = Blueprint("plans", __name__, url_prefix="/api")


# A number is in no address, so that no log has it.
@plans.get("/sites/<site_key>/slots")
@plans.post("/sites/<site_key>/slots")
@limit_visitor("60/minute")
def slots(site_key: str) -> ResponseReturnValue:
    """The times that can be chosen; once a number is typed, those that suit its place as well."""
    site: Site = g.site
    require_site_origin(site)
    receptionist = site.receptionist(request.values.get("receptionist", ""))
    if receptionist is None:
        reason = Reason.RECEPTIONIST_UNKNOWN
        raise Problem(reason, errors={"receptionist": [words().text(reason.sentence)]})
    if names_no_zone():
        reason = Reason.TIMEZONE_UNKNOWN
        raise Problem(reason, errors={"timezone": [words().text(reason.sentence)]})
    who = Who(site_key, site, receptionist, _typed_phone(site), visitors_timezone())
    return jsonify(public_slots(who))


@plans.post("/calls/<call_id>/when")
@limit_visitor("10/minute; 60/hour")
def move(call_id: str) -> ResponseReturnValue:
    """Move a planned call to another slot, or with an empty `when` to now."""
    call = call_to_change(call_id)
    require_site_origin(g.site)
    moved_call(call)
    return _progress(call_id)


@plans.post("/calls/<call_id>/cancel")
@limit_visitor("10/minute; 60/hour")
def cancel(call_id: str) -> ResponseReturnValue:
    """Give up a call that is not being dialled yet."""
    call_to_change(call_id)
    require_site_origin(g.site)
    services().planning.cancel(call_id)
    return _progress(call_id)


def _progress(call_id: str) -> ResponseReturnValue:
    call = services().follow_call(call_id)
    if call is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    return jsonify(public_progress(call, g.site))


def _typed_phone(site: Site) -> str:
    """The number (E.164) that was typed so far; empty if none was. Raises Problem."""
    typed = request.form.get("phone", "")
    if not typed:
        return ""
    country = request.form.get("country", "")
    region = country if country in site.regions else site.region
    try:
        return parse_phone(typed, region, site.extra_prefixes).e164
    except PhoneError as error:
        sentence = words().text(
            error.reason.sentence, example=example_phone(region, site.fallback_phone)
        )
        choices = [Choice(number, international(number)) for number in error.choices]
        raise Problem(error.reason, errors={"phone": [sentence]}, choices=choices) from None
