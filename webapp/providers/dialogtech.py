"""DialogTech's Click-to-Virtual-Receptionist: wire format only.

The request and `Call Connected` are from the vendor's page "Click-to-Virtual Receptionist"; `Phone Busy`
and the XML refusal are from public clients of the same endpoint. Other HTTP responses are read in the
safest way: only 429 and 503 mean "not placed".
"""

from __future__ import annotations

import re

import requests
from requests.exceptions import RequestException

from webapp.domain.masking import hide_secrets, mask_numbers, spellings_of
from webapp.providers.base import (
    Answer,
    CallOrder,
    NotSent,
    Observe,
    OutcomeUnknown,
    Provider,
    Refused,
)
from webapp.providers.http import (
    DIRECT,
    SEND_FAULTS,
    WayOut,
    failure_code,
    never_connected,
    private_session,
    read_within,
    retry_after,
)

MAX_ANSWER_BYTES = 64 * 1024
MAX_KEPT_CHARACTERS = 200
MAX_RETRY_AFTER_SECONDS = 120.0

_ANSWERS = {
    "call connected": Answer.CONNECTED,
    "call connected.": Answer.CONNECTED,
    "phone busy": Answer.BUSY,
    "phone busy.": Answer.BUSY,
}
# Matched, not parsed: an XML parser would have to be kept from expanding entities.
_FAILED = re.compile(r"<result>\s*failed\s*</result>", re.IGNORECASE)
_DESCRIPTION = re.compile(
    r"<result_description>\s*([^<]{0,400}?)\s*</result_description>", re.IGNORECASE
)


class DialogTech(Provider):
    """One account. `connect_timeout` and `read_timeout` are in seconds."""

    name = "dialogtech"

    def __init__(
        self,
        url: str,
        access_key: str,
        secret_access_key: str,
        connect_timeout: float,
        read_timeout: float,
        observe: Observe | None = None,
        way_out: WayOut = DIRECT,
    ) -> None:
        super().__init__(observe)
        self._url = url
        self._keys = {"access_key": access_key, "secret_access_key": secret_access_key}
        self._timeouts = (connect_timeout, read_timeout)
        self._session = private_session(way_out)

    def _send(self, order: CallOrder) -> Answer:
        parameters = {
            "action": "clickto.vr",
            **self._keys,
            "menu_id": order.menu_id,
            "phone_to_call": vendor_number(order.phone),
        }
        try:
            with self._session.get(
                self._url,
                params=parameters,
                timeout=self._timeouts,
                allow_redirects=False,  # the query carries the keys
                stream=True,
            ) as response:
                return self._read(response)
        except SEND_FAULTS as error:
            # Their messages contain the URL and so the keys: they do not leave this method.
            failed = NotSent if never_connected(error) else OutcomeUnknown
            reason = failure_code(error)
        raise failed(reason) from None

    def _read(self, response: requests.Response) -> Answer:
        if response.status_code in (429, 503):
            wish = retry_after(response)
            raise NotSent(
                f"http_{response.status_code}", wish and min(wish, MAX_RETRY_AFTER_SECONDS)
            )
        if response.status_code >= 500:
            raise OutcomeUnknown(f"http_{response.status_code}")
        if response.status_code != 200:
            raise Refused(f"http_{response.status_code}")
        text = self._body(response).decode("utf-8", "replace").strip()
        answer = _ANSWERS.get(text.lower())
        if answer is None:
            raise Refused(f"answer: {self._shortened(text)}", explained=_is_in_words(text))
        return answer

    def _body(self, response: requests.Response) -> bytes:
        """At most MAX_ANSWER_BYTES, within one more read timeout."""
        try:
            return read_within(response, MAX_ANSWER_BYTES, self._timeouts[1])
        except TimeoutError:
            raise OutcomeUnknown("no_answer: trickle") from None

    def _shortened(self, text: str) -> str:
        """An excerpt of an unexpected answer for the operator, without keys and phone numbers."""
        description = _DESCRIPTION.search(text) if _FAILED.search(text) else None
        said = description.group(1) if description else text
        said = hide_secrets(said, spellings_of(self._keys.values()), "…")
        printable = "".join(
            character if character.isprintable() else " " for character in said[:2000]
        )
        return mask_numbers(" ".join(printable.split()))[:MAX_KEPT_CHARACTERS] or "empty"

    def check_reachable(self) -> None:
        try:
            self._session.head(
                self._url, timeout=self._timeouts, allow_redirects=False, stream=True
            ).close()
        except RequestException as error:
            raise NotSent(never_connected(error) or type(error).__name__) from None


def _is_in_words(text: str) -> bool:
    """Whether the vendor itself answered: plain text, or XML that says `failed`. An HTML page or an
    empty body may come from a proxy before it."""
    return bool(_FAILED.search(text)) or bool(text and "<" not in text)


def vendor_number(e164: str) -> str:
    """`phone_to_call` for a number: the 10 national digits for +1, else all digits without the +.

    The vendor's examples and a public client that requires exactly 10 digits write +1 numbers so. No
    source shows another country: all digits is the likeliest form. Numbers that would then read as +1
    are never accepted (`Phone.reads_as_north_american`).
    """
    return e164[2:] if e164.startswith("+1") else e164[1:]
