"""DialogTech's Post-Call Action: reports of finished calls, authenticated by the site's secret."""

from __future__ import annotations

import hmac

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp.context import services
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.providers.post_call import read_post_call
from webapp.web.guards.limits import limit_visitor

post_call = Blueprint("post_call", __name__, url_prefix="/hooks/dialogtech")


@post_call.get("/post-call")
@limit_visitor("600/minute")
def report() -> ResponseReturnValue:
    """Returns the report's result. A repeated report, or one of an unknown call, changes nothing."""
    key = request.args.get("site", "")
    site = services().sites.get(key)
    if site is None or not _is_secret_of(site, request.args.get("secret", "")):
        raise Refusal(Reason.POST_CALL_SECRET)  # the same for an unknown site
    report = read_post_call(request.args, site.region)
    if report is None:
        raise Refusal(Reason.POST_CALL_FIELDS)
    return {"result": services().take_post_call(key, report)}


def _is_secret_of(site: Site, given: str) -> bool:
    """Compares in constant time; a site without a secret accepts none."""
    secret = site.hooks.post_call_secret
    return secret is not None and hmac.compare_digest(given.encode(), secret.encode())
