"""An owner's own system: a real server that keeps the messages it gets, and answers as a test wants."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, request
from standardwebhooks import Webhook

from tests.helpers.sites import other_site, site, sites_toml
from tests.helpers.vendors import served

SECRET = "whsec_" + "Y2FsbG1lLXRlc3RzLW9ubHktc2VjcmV0LTAx"
POST_CALL_SECRET = "only-for-tests-post-call-secret"

Answer = Callable[[int], Response]
"""Makes the response to the request of that number; the first is 1."""


@dataclass(frozen=True)
class Delivery:
    headers: Mapping[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["Webhook-Id"]

    @property
    def message(self) -> dict[str, Any]:
        """The content, after its signature has been checked as any receiver would."""
        verified = Webhook(SECRET).verify(self.body, dict(self.headers))
        assert isinstance(verified, dict)
        return verified

    @property
    def type(self) -> str:
        return str(json.loads(self.body)["type"])


@dataclass
class Receiver:
    url: str = ""
    got: list[Delivery] = field(default_factory=list)
    answer: Answer = field(default=lambda _: Response(status=204))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def types(self) -> list[str]:
        return [message.type for message in list(self.got)]

    def of(self, event: str) -> list[Delivery]:
        return [message for message in list(self.got) if message.type == event]


def always(status: int, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: Response("no", status, named)


@contextmanager
def receiving(answer: Answer | None = None) -> Iterator[Receiver]:
    """A receiver on this machine, on a free port."""
    receiver = Receiver()
    if answer:
        receiver.answer = answer
    app = Flask("receiver")

    @app.post("/told")
    def told() -> Response:
        with receiver.lock:
            receiver.got.append(Delivery(dict(request.headers), request.get_data()))
            count = len(receiver.got)
        return receiver.answer(count)

    with served(app) as origin:
        receiver.url = f"{origin}/told"
        yield receiver


def telling(url: str, *, other: dict[str, object] | None = None, **more: object) -> str:
    """The tests' sites, in which `acme` sends its messages to this address; `other` are the hooks of the
    other site, if it has any."""
    hooks: dict[str, object] = {
        "url": url,
        "secret": SECRET,
        "allow_private": True,
        "post_call_secret": POST_CALL_SECRET,
        **more,
    }
    return sites_toml(acme=site(hooks=site(hooks)), other=other_site(hooks=other))
