"""The widget's API. Each view reads the request, calls one use case, and responds."""

from __future__ import annotations

from typing import Any, TypedDict

from flask import Blueprint, g, jsonify, url_for
from flask.typing import ResponseReturnValue

from webapp.context import services
from webapp.domain.calls import CallStatus
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.web.call.forms import shown_token
from webapp.web.call.moment import PublicMoment, closed_sentence, moments_of, public_moment
from webapp.web.call.progress import poll_after_ms, public_progress
from webapp.web.call.road import call_from_press
from webapp.web.call.slots import instant
from webapp.web.guards.limits import limit_visitor
from webapp.web.guards.security import require_site_origin
from webapp.web.language import speak, words
from webapp.web.site.public import public_site

api = Blueprint("api", __name__, url_prefix="/api")


class FormToken(TypedDict):
    """What a form needs before it can be submitted."""

    token: str
    consent: str
    consent_checkbox: bool
    challenge: dict[str, Any] | None
    open: bool
    moment: dict[str, PublicMoment]
    closed: str
    later: str
    """What the button says that leads to the choice of a time; empty where there is none."""


class Accepted(TypedDict):
    """A stored call that will be placed. `key` is what it can be changed with."""

    id: str
    key: str
    status: CallStatus
    status_url: str
    poll_after_ms: int
    due_at: str | None


@api.get("/sites/<site_key>")
@limit_visitor("120/minute")
def config(site_key: str) -> ResponseReturnValue:
    """The public configuration of a site."""
    return jsonify(public_site(site_key, g.site))


# The widget POSTs, as the page's service worker may answer a GET from its cache.
@api.get("/sites/<site_key>/token")
@api.post("/sites/<site_key>/token")
@limit_visitor("60/minute")
def token(site_key: str) -> ResponseReturnValue:
    """A token for a newly rendered form."""
    site: Site = g.site
    require_site_origin(site)
    shown = shown_token(site_key, site)
    moments = moments_of(site)
    offers_later = any(moment.later for moment in moments.values())
    answer: FormToken = {
        "token": shown.text,
        "consent": site.consent,
        "consent_checkbox": site.consent_checkbox,
        "challenge": services().proof.challenge(site_key, site, shown.id),
        "open": any(moment.open for moment in moments.values()),
        "moment": {key: public_moment(moment) for key, moment in moments.items()},
        "closed": closed_sentence(moments.values()),
        "later": words().text("later.choose") if offers_later else "",
    }
    return jsonify(answer)


@api.post("/sites/<site_key>/calls")
@limit_visitor("10/minute; 60/hour")
def submit(site_key: str) -> ResponseReturnValue:
    """Request a call.

    The response does not wait for the phone to ring. The same `request_id` returns the same call.
    """
    call = call_from_press(site_key, hosted=False)
    address = url_for("api.status", call_id=call.id)
    answer: Accepted = {
        "id": call.id,
        "status": call.status,
        "key": services().call_keys.of(call.wish),
        "status_url": services().public_url + address,
        "poll_after_ms": poll_after_ms(call, services().clock()),
        "due_at": instant(call.plan.at) if call.plan else None,
    }
    return jsonify(answer), 202, {"Location": address}


@api.get("/calls/<call_id>")
@api.post("/calls/<call_id>")
@limit_visitor("1200/minute")
def status(call_id: str) -> ResponseReturnValue:
    """The progress of a call."""
    call = services().follow_call(call_id)
    if call is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    g.site_key = call.site
    g.site = services().sites.get(call.site)  # may be removed
    speak(call.locale)
    return jsonify(public_progress(call, g.site))
