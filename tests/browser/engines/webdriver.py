"""A browser as a person uses it, over W3C WebDriver: the one vocabulary that all engines know.

How the words travel differs and is the Channel's business: Firefox itself takes them over a socket
(Marionette), WebKit's driver over HTTP.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

ANSWER_SECONDS = 60.0
"""No command takes longer, also on a machine with more to do than it can."""

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key under which W3C WebDriver hands out elements."""


class Command(Enum):
    """Firefox's name, then method and path of the standard. Parameters have the same names in both."""

    NEW_SESSION = ("NewSession", "POST", "")
    OPEN = ("Navigate", "POST", "/url")
    RUN = ("ExecuteScript", "POST", "/execute/sync")
    CLICK = ("ElementClick", "POST", "/element/{id}/click")
    ACT = ("PerformActions", "POST", "/actions")
    ENTER_FRAME = ("SwitchToFrame", "POST", "/frame")
    RESIZE = ("SetWindowRect", "POST", "/window/rect")
    SCREENSHOT = ("TakeScreenshot", "GET", "/screenshot")

    def __init__(self, name_in_firefox: str, method: str, path: str) -> None:
        self.name_in_firefox = name_in_firefox
        self.method = method
        self.path = path


class Key(StrEnum):
    TAB = "\ue004"
    ENTER = "\ue006"
    ESCAPE = "\ue00c"


@dataclass(frozen=True)
class Element:
    reference: str


class CommandFailedError(Exception):
    """What the browser said of a command that it would not carry out."""

    def __init__(self, command: Command, error: str, message: str) -> None:
        super().__init__(f"{command.name}: {error}: {message}")


class Channel(Protocol):
    def do(self, command: Command, **parameters: object) -> object:
        """The command's value; raises CommandFailedError."""


class Browser:
    """One window. Clicks and keys are the engine's own events, not scripted ones."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def open(self, url: str) -> None:
        """Returns once the page has loaded."""
        self._channel.do(Command.OPEN, url=url)

    def enter_frame(self) -> None:
        """Scripts, clicks and keys go to the page's first frame until the next open()."""
        self._channel.do(Command.ENTER_FRAME, id=0)

    def resize(self, width: int, height: int) -> None:
        self._channel.do(Command.RESIZE, width=width, height=height)

    def run(self, script: str, *arguments: object) -> object:
        """What the script returns, as JSON has it."""
        return self._channel.do(Command.RUN, script=script, args=list(arguments))

    def find(self, script: str, *arguments: object) -> Element | None:
        """The element that the script returns."""
        found = self.run(script, *arguments)
        return Element(found[ELEMENT]) if isinstance(found, dict) else None

    def click(self, element: Element) -> None:
        """In its middle; fails where something lies over it."""
        self._channel.do(Command.CLICK, id=element.reference)

    def type(self, text: str) -> None:
        """Key by key, to whatever has the focus."""
        actions = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._channel.do(Command.ACT, actions=[source])

    def screenshot(self) -> bytes:
        """A PNG of what the window shows."""
        return base64.b64decode(str(self._channel.do(Command.SCREENSHOT, full=False)))
