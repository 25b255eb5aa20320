"""Firefox through Marionette, the socket that it brings itself: geckodriver, which would stand
between, is no package of Debian's.

The wire format is that of firefox-source-docs, "Marionette Protocol", level 3: messages of JSON, each
led by its length in bytes and a colon; [0, number, command, parameters], answered by
[1, number, error, result].
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.engines.program import running
from tests.browser.engines.webdriver import ANSWER_SECONDS, Browser, Command, CommandFailedError
from tests.helpers import programs

PREFERENCES: dict[str, object] = {
    "marionette.port": 0,  # a free one, told in the profile
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,  # blank: nothing to start that no test looks at
    "browser.newtabpage.enabled": False,
    "dom.ipc.processPrelaunch.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
}
COLOR_SCHEME = "layout.css.prefers-color-scheme.content-override"


class Marionette:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), ANSWER_SECONDS)
        self._incoming = self._socket.makefile("rb")
        self._number = 0
        self._receive()  # its greeting

    def do(self, command: Command, **parameters: object) -> object:
        self._number += 1
        name = f"WebDriver:{command.name_in_firefox}"
        message = json.dumps([0, self._number, name, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _, number, error, result = self._receive()
        assert number == self._number, f"answer {number} to command {self._number}"
        if error:
            raise CommandFailedError(command, error["error"], error["message"])
        return result.get("value")

    def _receive(self) -> list:  # type: ignore[type-arg]
        length = b""
        while (byte := self._incoming.read(1)) != b":":
            assert byte, "Firefox hung up"
            length += byte
        return json.loads(self._incoming.read(int(length)))  # type: ignore[no-any-return]

    def close(self) -> None:
        self._incoming.close()
        self._socket.close()


@contextmanager
def started(folder: Path, *, dark: bool) -> Iterator[Browser]:
    profile = folder / "profile"
    profile.mkdir()
    preferences = {**PREFERENCES, COLOR_SCHEME: 0 if dark else 1}
    (profile / "user.js").write_text(
        "".join(
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in preferences.items()
        )
    )
    command = [programs.firefox() or "firefox-esr", "--headless", "--marionette", "--no-remote"]
    port = profile / "MarionetteActivePort"
    with running([*command, "--profile", str(profile)], folder, {}) as firefox:
        firefox.wait_until(lambda: port.exists() and port.read_text(), "Firefox's port")
        channel = Marionette(int(port.read_text()))
        try:
            channel.do(Command.NEW_SESSION)
            yield Browser(channel)
        finally:
            channel.close()
