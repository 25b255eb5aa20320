"""Flask, as Callme sets it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from webapp.assets import STATIC, TEMPLATES

MAX_BODY_BYTES = 16 * 1024
MAX_FORM_PARTS = 50


class Application(Flask):
    def __init__(self) -> None:
        super().__init__("webapp", template_folder=str(TEMPLATES), static_folder=str(STATIC))
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
        self.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Flask would look a dozen times in each request whether a function is a coroutine: none is."""
        return func
