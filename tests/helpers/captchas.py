"""The verify endpoints of the three captcha services, each with the error codes it documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TypedDict

from flask import Flask, request
from flask.typing import ResponseReturnValue

from tests.helpers.vendors import served
from webapp.providers.captcha import SERVICES, CaptchaService

SITE_KEY = "site-key-of-the-tests"
SECRET = "captcha-canary-0123456789"

_USED_TWICE = {
    "turnstile": "timeout-or-duplicate",
    "hcaptcha": "already-seen-response",
    "recaptcha": "timeout-or-duplicate",
}
_ALSO_SAID: Mapping[str, Mapping[str, object]] = {
    "turnstile": {"error-codes": [], "action": "", "cdata": ""},
    "hcaptcha": {"credit": False},
    "recaptcha": {},
}


class StandInCaptcha:
    """One service. `solve` is what a visitor does; `asked` are the forms that were received."""

    def __init__(self, service: CaptchaService) -> None:
        self.service = service
        self.url = ""
        self.asked: list[dict[str, str]] = []
        self._numbers = itertools.count(1)
        self._hosts: dict[str, str] = {}
        self._used: set[str] = set()

    def solve(self, hostname: str = "www.acme.example") -> str:
        """An answer that can be used once, given on a page of that host."""
        answer = f"answer-{next(self._numbers)}"
        self._hosts[answer] = hostname
        return answer

    def use(self, answer: str) -> str:
        """Use the answer up, and return it."""
        self._used.add(answer)
        return answer

    def verify(self) -> ResponseReturnValue:
        self.asked.append(dict(request.form))
        code = self._code(request.form.get("secret"), request.form.get("response"))
        if code:
            return {"success": False, "error-codes": [code]}
        answer = self.use(request.form["response"])
        return {
            "success": True,
            "challenge_ts": "2026-11-23T12:00:00Z",
            "hostname": self._hosts[answer],
            **_ALSO_SAID[self.service.name],
        }

    def _code(self, secret: str | None, answer: str | None) -> str:
        if not secret:
            return "missing-input-secret"
        if secret != SECRET:
            return "invalid-input-secret"
        if not answer:
            return "missing-input-response"
        if answer not in self._hosts:
            return "invalid-input-response"
        return _USED_TWICE[self.service.name] if answer in self._used else ""


@contextmanager
def stand_in_captcha(name: str) -> Iterator[StandInCaptcha]:
    captcha = StandInCaptcha(SERVICES[name])
    app = Flask(__name__)
    app.post("/siteverify")(captcha.verify)
    with served(app) as origin:
        captcha.url = f"{origin}/siteverify"
        yield captcha


class CaptchaSettings(TypedDict):
    captcha: str
    captcha_site_key: str
    captcha_secret: str
    captcha_url: str


def captcha_settings(captcha: StandInCaptcha) -> CaptchaSettings:
    return CaptchaSettings(
        captcha=captcha.service.name,
        captcha_site_key=SITE_KEY,
        captcha_secret=SECRET,
        captcha_url=captcha.url,
    )
