"""A site's captcha: what its page needs, and the check before a call."""

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
"""The widget's field; on the hosted page, the service's script adds its own field."""

_log = get_logger(__name__)


def captcha_of(site: Site) -> Captcha | None:
    """The captcha that the site's visitors have to solve, if any.

    Raises Refusal if the site requires one and the installation has none.
    """
    if not site.captcha:
        return None
    captcha = services().captcha
    if captcha is None:
        raise Refusal(Reason.CAPTCHA_NOT_CONFIGURED)
    return captcha


def require_captcha(site: Site, wish: CallRequest) -> None:
    """Raise Refusal unless the visitor solved the site's captcha, if it has one.

    A repeated request makes no new call and needs no new answer: its answer is used up, and the form may
    have been resubmitted only because our response was lost.
    """
    captcha = captcha_of(site)
    request_call = services().request_call
    if captcha is None or request_call.is_stored(wish.site, wish.request_id):
        return
    if wish.plan is None and request_call.is_refusing(wish.receptionist):
        raise Refusal(Reason.VENDOR_DOWN)  # before the check, so that the answer stays valid
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
    """The hosts on which an answer for this site may be given: its owner's and ours."""
    return {urlsplit(origin).hostname or "" for origin in (*site.origins, services().public_url)}
