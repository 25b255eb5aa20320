"""Visitors who press the button again and again, and the responses they got."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from random import Random

from tests.helpers.callme import Visitor, aged
from tests.helpers.processes import RemoteClient

ENDINGS = ("2000",) * 9 + ("0101", "0103", "0104", "0105", "0105", "0106", "0107", "0110")
"""The numbers' last digits: most calls are answered, and the others misbehave in every way."""

_AREAS = (201, 202, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219)
_RETRY_SECONDS = 0.1


@dataclass
class Press:
    """One press of the button. `call_id` is from the 202, once there was one."""

    request_id: str
    phone: str
    call_id: str = ""


class Crowd:
    """A number of visitors at a time. Each presses again as soon as the last press was accepted.

    Like the widget, a visitor who got no response or a 503 sends the same form again. Any other
    response than 202 is a fault.
    """

    def __init__(
        self, origins: Callable[[], Sequence[str]], *, visitors: int, pause: float, seed: int
    ) -> None:
        self._origins = origins
        self._pause = pause
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._numbers = _numbers(self._random)
        self._stopped = threading.Event()
        self.presses: list[Press] = []
        self.faults: list[str] = []
        self.retries = 0
        self._threads = [threading.Thread(target=self._visit, daemon=True) for _ in range(visitors)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """Let the current visitors get their responses, and send no more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(seconds)
        if any(thread.is_alive() for thread in self._threads):
            self.faults.append(f"a visitor had no answer for {seconds} s")

    @property
    def accepted(self) -> list[Press]:
        return [press for press in self.presses if press.call_id]

    def _visit(self) -> None:
        while not self._stopped.wait(self._random.uniform(0, 2 * self._pause)):
            with self._lock:
                press = Press(str(uuid.uuid4()), next(self._numbers))
                self.presses.append(press)
            while not self._ask(press):
                self.retries += 1
                threading.Event().wait(_RETRY_SECONDS)

    def _ask(self, press: Press) -> bool:
        """True if the visitor need not ask again."""
        visitor = Visitor(RemoteClient(self._random.choice(self._origins())))
        try:
            token = visitor.get("/api/sites/acme/token")
            if token.status_code == 200:
                signed = aged(token.get_json()["token"])
                form = visitor.fields(phone=press.phone, request_id=press.request_id, token=signed)
                answer = visitor.post("/api/sites/acme/calls", data=form)
            else:
                answer = token
        except (OSError, HTTPException):
            return False
        if answer.status_code == 503:
            return False
        if answer.status_code == 202:
            press.call_id = answer.get_json()["id"]
        else:
            self.faults.append(f"{answer.status_code}: {answer.text[:200]}")
        return True


def _numbers(random: Random) -> Iterator[str]:
    """Valid numbers, each only once, and more than the longest run can use."""
    lines = [(area, exchange) for area in _AREAS for exchange in range(220, 999)]
    random.shuffle(lines)
    for area, exchange in lines:
        yield f"+1{area}{exchange}{random.choice(ENDINGS)}"
