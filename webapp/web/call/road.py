"""The steps from a submitted form to a committed call, for the API and the hosted page.

Before them, the site is loaded (site/find.py) and the request counted against the view's limit.
docs/abuse.md explains each guard.
"""

from __future__ import annotations

from flask import g

from webapp.context import services
from webapp.domain.calls import Call
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.services.request_call import CallRequest
from webapp.web.call.forms import CallForm, require_valid
from webapp.web.call.moment import require_day, require_open
from webapp.web.guards.body import require_form_body
from webapp.web.guards.captcha import require_captcha
from webapp.web.guards.security import refuse_foreign_origin, require_site_origin
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
        require_open(site, wish)
        require_day(site, wish)
        services().proof.require(site_key, site, token, form.proof.data or "")
        require_captcha(site, wish)
        call = services().request_call(wish)
    if hosted:
        require_same_wish(call, wish)
    record_accepted(site_key)
    return call


def require_open_site(site_key: str) -> None:
    """Raise Refusal if the operator has paused the site."""
    if services().sites.is_paused(site_key):
        raise Refusal(Reason.PAUSED)


def require_same_wish(call: Call, wish: CallRequest) -> None:
    """Raise Refusal if the stored call differs from the request: the visitor went back to a cached page
    of ours and typed something else there. The widget makes a new `request_id` in this case."""
    if (call.phone, call.receptionist) != (wish.phone.e164, wish.receptionist.key):
        raise Refusal(Reason.TOKEN_SPENT)
