"""Sends a webhook to an owner's system: one signed POST that follows no redirect and reaches no private
address unless the site allows it.

HookError
├── HookFailed          not accepted: it may be sent again, after `retry_after` if the receiver set it
└── HookGone            the receiver answered 410: the endpoint no longer exists
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

import requests
from standardwebhooks import Webhook

from webapp.errors import CallmeError
from webapp.providers.http import DIRECT, SEND_FAULTS, WayOut, failure_code, retry_after
from webapp.providers.http_public import CONNECT_SECONDS, checked_session, is_not_public

READ_SECONDS = 15.0
"""The shortest timeout that Standard Webhooks recommends."""

REDIRECTED = "redirected"
NOT_PUBLIC = "address_not_public"


class HookError(CallmeError):
    """`reason` is a code for the operator, without secrets or text from the receiver."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HookFailed(HookError):
    def __init__(self, reason: str, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class HookGone(HookError):
    pass


class HookPost:
    """Sends messages. Keeps neither connections nor messages."""

    def __init__(self, way_out: WayOut = DIRECT, read_seconds: float = READ_SECONDS) -> None:
        self._timeouts = CONNECT_SECONDS, read_seconds
        self._sessions = {
            allow: checked_session(allow_private=allow, way_out=way_out) for allow in (False, True)
        }

    def send(
        self,
        url: str,
        secret: str,
        allow_private: bool,
        message_id: str,
        payload: Mapping[str, object],
        now: datetime,
    ) -> str:
        """POST the payload, signed as of `now`. Returns the outcome's code if the receiver accepted it.

        Raises HookFailed or HookGone.
        """
        body = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, now, body),
        }
        try:
            with self._sessions[allow_private].post(
                url,
                data=body.encode(),
                headers=headers,
                timeout=self._timeouts,
                allow_redirects=False,  # the target would be unchecked
                stream=True,  # the response body is never read
            ) as response:
                return _outcome(response)
        except SEND_FAULTS as error:
            reason = NOT_PUBLIC if is_not_public(error) else failure_code(error)
        raise HookFailed(reason) from None


def _outcome(response: requests.Response) -> str:
    status = response.status_code
    if 200 <= status < 300:
        return f"http_{status}"
    if status == 410:
        raise HookGone("gone")
    if 300 <= status < 400:
        raise HookFailed(REDIRECTED)
    seconds = retry_after(response) if status in (429, 503) else None
    raise HookFailed(f"http_{status}", None if seconds is None else timedelta(seconds=seconds))
