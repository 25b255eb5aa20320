"""WebKit: WebKitGTK's small browser through WebKitWebDriver, on a screen that is only memory."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from tests.browser.engines.program import START_SECONDS, Program, running
from tests.browser.engines.webdriver import ANSWER_SECONDS, Browser, Command, CommandFailedError
from tests.helpers import programs
from tests.helpers.stores import free_port

SCREEN = "1440x1000x24"


class Driver:
    def __init__(self, url: str) -> None:
        self._driver = url
        self._session = f"{url}/session"
        created = self.do(Command.NEW_SESSION, capabilities={})
        assert isinstance(created, dict)
        self._session += f"/{created['sessionId']}"

    def do(self, command: Command, **parameters: object) -> object:
        answer = requests.request(
            command.method,
            self._session + command.path.format(**parameters),
            json=parameters if command.method == "POST" else None,
            timeout=ANSWER_SECONDS,
        )
        value: object = answer.json()["value"]
        if not answer.ok:
            assert isinstance(value, dict)
            raise CommandFailedError(command, value["error"], value["message"])
        return value

    def close(self) -> None:
        """Ends the browser; whatever hangs is ended with the driver."""
        with suppress(requests.RequestException):
            requests.delete(self._session, timeout=5)


@contextmanager
def started(folder: Path, *, dark: bool) -> Iterator[Browser]:
    port = free_port()
    with screen(folder) as display:
        environment = {
            "DISPLAY": display,
            "GTK_THEME": "Adwaita:dark" if dark else "Adwaita",
            "GSETTINGS_BACKEND": "memory",
            "NO_AT_BRIDGE": "1",
        }
        command = [programs.webkit() or "WebKitWebDriver", f"--port={port}"]
        with running(command, folder, environment) as program:
            driver = connected(program, f"http://127.0.0.1:{port}")
            try:
                yield Browser(driver)
            finally:
                driver.close()


def connected(program: Program, url: str) -> Driver:
    def answers() -> bool:
        with suppress(requests.ConnectionError):
            return requests.get(f"{url}/status", timeout=ANSWER_SECONDS).ok
        return False

    program.wait_until(answers, "WebKit's driver to answer")
    return Driver(url)


@contextmanager
def screen(folder: Path) -> Iterator[str]:
    """The name of a display that nobody else has: Xvfb takes the first free one, and tells it."""
    incoming, outgoing = os.pipe()
    command = ["Xvfb", "-displayfd", str(outgoing), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    with running(command, folder, {}, pass_fds=[outgoing]) as xvfb, os.fdopen(incoming) as told:
        os.close(outgoing)
        xvfb.wait_until(lambda: select.select([told], [], [], 0)[0], "Xvfb to tell its display")
        number = told.readline().strip()
        assert number, f"Xvfb told no display within {START_SECONDS} s"
        yield f":{number}"
