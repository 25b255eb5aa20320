"""Three captcha services behind one class.

Their verify endpoints differ only in URL and error codes. Source: each service's documentation of
server-side verification, and of the Content-Security-Policy that its widget needs.

CaptchaError
├── CaptchaRefused       the visitor's answer is invalid: a new one may pass
└── CaptchaUnavailable   it could not be checked: the service or our keys are at fault
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import requests

from webapp.errors import CallmeError
from webapp.providers.http import (
    DIRECT,
    SEND_FAULTS,
    WayOut,
    failure_code,
    private_session,
    read_within,
)

CONNECT_SECONDS = 2.0
READ_SECONDS = 4.0
MAX_VERDICT_BYTES = 16 * 1024
MAX_ANSWER_CHARACTERS = 8 * 1024
MAX_CODES = 8

_CODE = re.compile(r"[a-z-]{1,40}")

_NO_HOSTNAME = ("", "not-provided")
"""hCaptcha sends the latter under heavy traffic."""

# Codes that are the visitor's fault; any other means that the captcha is unavailable.
_REFUSALS = frozenset({"missing-input-response", "invalid-input-response", "timeout-or-duplicate"})


class CaptchaError(CallmeError):
    """The answer does not permit a call. `reason` is for the operator, free of secrets."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CaptchaRefused(CaptchaError):
    """The answer is missing, wrong, expired, already used, or from another site's page."""


class CaptchaUnavailable(CaptchaError):
    """The answer could not be checked, so no call is accepted."""


@dataclass(frozen=True, slots=True)
class CaptchaService:
    """One service. Its widget renders in an element of class `element`, fills `field`, and is driven by
    the global `script_object`; `sources` is what a page's Content-Security-Policy must allow.
    """

    name: str
    verify_url: str
    script: str
    field: str
    element: str
    script_object: str
    sources: Mapping[str, tuple[str, ...]]
    refusals: frozenset[str] = _REFUSALS


_CLOUDFLARE = ("https://challenges.cloudflare.com",)
_HCAPTCHA = ("https://hcaptcha.com", "https://*.hcaptcha.com")
_GOOGLE = "https://www.google.com/recaptcha/"

SERVICES = {
    service.name: service
    for service in (
        CaptchaService(
            name="turnstile",
            verify_url="https://challenges.cloudflare.com/turnstile/v0/siteverify",
            script="https://challenges.cloudflare.com/turnstile/v0/api.js",
            field="cf-turnstile-response",
            element="cf-turnstile",
            script_object="turnstile",
            sources={
                "script-src": _CLOUDFLARE,
                "frame-src": _CLOUDFLARE,
                "connect-src": _CLOUDFLARE,
            },
        ),
        CaptchaService(
            name="hcaptcha",
            verify_url="https://api.hcaptcha.com/siteverify",
            # recaptchacompat would add reCAPTCHA's field and global as well.
            script="https://js.hcaptcha.com/1/api.js?recaptchacompat=off",
            field="h-captcha-response",
            element="h-captcha",
            script_object="hcaptcha",
            sources={
                "script-src": _HCAPTCHA,
                "frame-src": _HCAPTCHA,
                "style-src": _HCAPTCHA,
                "connect-src": _HCAPTCHA,
            },
            refusals=_REFUSALS
            | {
                "expired-input-response",
                "already-seen-response",
                "invalid-or-already-seen-response",
            },
        ),
        CaptchaService(
            name="recaptcha",
            verify_url="https://www.google.com/recaptcha/api/siteverify",
            script="https://www.google.com/recaptcha/api.js",
            field="g-recaptcha-response",
            element="g-recaptcha",
            script_object="grecaptcha",
            sources={
                "script-src": (_GOOGLE, "https://www.gstatic.com/recaptcha/"),
                "frame-src": (_GOOGLE, "https://recaptcha.google.com/recaptcha/"),
                "connect-src": (_GOOGLE,),
            },
        ),
    )
}


class Captcha:
    """An account at a service. `timeouts` are in seconds: to connect, to read."""

    def __init__(
        self,
        service: CaptchaService,
        site_key: str,
        secret: str,
        url: str = "",
        timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        way_out: WayOut = DIRECT,
    ) -> None:
        self.service = service
        self.site_key = site_key
        self._secret = secret
        self._url = url or service.verify_url
        self._timeouts = timeouts
        self._session = private_session(way_out)

    def check(self, answer: str, hostnames: Collection[str]) -> None:
        """Have the service check an answer; it must come from a page of one of `hostnames`.

        The service accepts each answer once. Raises CaptchaRefused or CaptchaUnavailable.
        """
        if not answer:
            raise CaptchaRefused("no_answer_given")
        if len(answer) > MAX_ANSWER_CHARACTERS:
            raise CaptchaRefused("answer_too_long")
        verdict = _verdict(self._ask(answer))
        codes = _codes(verdict)
        unknown = [code for code in codes if code not in self.service.refusals]
        if unknown:
            raise CaptchaUnavailable(f"codes: {','.join(unknown)}")
        if codes or verdict["success"] is not True:
            raise CaptchaRefused(f"codes: {','.join(codes) or 'none'}")
        hostname = verdict.get("hostname") or ""
        if hostname not in _NO_HOSTNAME and str(hostname).lower() not in hostnames:
            raise CaptchaRefused("solved_elsewhere")

    def _ask(self, answer: str) -> bytes:
        """The raw verdict. The visitor's IP address, an optional parameter of all three, is not sent."""
        try:
            with self._session.post(
                self._url,
                data={"secret": self._secret, "response": answer},
                timeout=self._timeouts,
                allow_redirects=False,  # the body carries the secret
                stream=True,
            ) as response:
                return self._body(response)
        except SEND_FAULTS as error:
            reason = failure_code(error)
        raise CaptchaUnavailable(reason) from None

    def _body(self, response: requests.Response) -> bytes:
        if response.status_code != 200:
            raise CaptchaUnavailable(f"http_{response.status_code}")
        return read_within(response, MAX_VERDICT_BYTES, self._timeouts[1])


def _verdict(body: bytes) -> dict[str, object]:
    try:
        verdict = json.loads(body)
    except (ValueError, RecursionError):
        raise CaptchaUnavailable("no_json") from None
    if not isinstance(verdict, dict) or not isinstance(verdict.get("success"), bool):
        raise CaptchaUnavailable("no_verdict")
    return verdict


def _codes(verdict: Mapping[str, object]) -> list[str]:
    """The error codes; whatever does not look like one is replaced, as they reach the log."""
    codes = verdict.get("error-codes") or []
    if not isinstance(codes, list):
        raise CaptchaUnavailable("no_verdict")
    return [code if _CODE.fullmatch(str(code)) else "no-code" for code in codes[:MAX_CODES]]
