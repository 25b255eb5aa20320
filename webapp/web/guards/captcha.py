"""The captcha of a site that asks for one: what its page needs, and the check before a call."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from webapp.context import services
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.log import get_logger
from webapp.providers.captcha import Captcha, CaptchaRefused, CaptchaUnavailable
from webapp.services.request_call import CallRequest

FIELD = "captcha"
"""What the widget sends; the hosted page has the field that the service's own script makes."""

_log = get_logger(__name__)


def captcha_of(site: Site) -> Captcha | None:
    """The captcha that the site's visitors have to pass, if any.

    Raises Refusal if the site wants one and the installation has none: then nobody can pass.
    """
    if not site.captcha:
        return None
    captcha = services().captcha
    if captcha is None:
        raise Refusal(Reason.CAPTCHA_NOT_CONFIGURED)
    return captcha


def require_captcha(site: Site, wish: CallRequest) -> None:
    """Raise Refusal unless the visitor passed the site's captcha, if it has one.

    A request that is repeated makes no new call and needs no new answer: the first answer is used up,
    and the form may have been sent again only because our response was lost.
    """
    captcha = captcha_of(site)
    request_call = services().request_call
    if captcha is None or request_call.is_stored(wish.site, wish.request_id):
        return
    if request_call.is_refusing(wish.receptionist):
        raise Refusal(Reason.VENDOR_DOWN)  # at once, and the visitor's answer stays good
    answer = request.form.get(FIELD) or request.form.get(captcha.service.field)
    if not answer:
        raise Refusal(Reason.CAPTCHA_MISSING)
    try:
        captcha.check(answer, _hostnames(site))
    except CaptchaRefused as error:
        _log.info("captcha refused", site=wish.site, reason=error.reason)
        raise Refusal(Reason.CAPTCHA_REFUSED) from error
    except CaptchaUnavailable as error:
        _log.error("the captcha cannot be checked", fault=error.reason)
        raise Refusal(Reason.CAPTCHA_UNAVAILABLE) from error


def _hostnames(site: Site) -> set[str]:
    """Where an answer for this site may have been given: on its owner's pages or on ours."""
    return {urlsplit(origin).hostname or "" for origin in (*site.origins, services().public_url)}
