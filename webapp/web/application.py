"""The Flask application class of Callme."""

from __future__ import annotations

from functools import partial
from typing import NoReturn

from flask import Flask, Request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from webapp.assets import STATIC, TEMPLATES

MAX_BODY_BYTES = 16 * 1024
MAX_FORM_PARTS = 50


class Application(Flask):
    def __init__(self) -> None:
        super().__init__("webapp", template_folder=str(TEMPLATES), static_folder=str(STATIC))
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
        self.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """For an invalid host, return an adapter that matches no URL but can build those of the error
        page, where Flask would crash otherwise."""
        try:
            return super().create_url_adapter(request)
        except HTTPException as fault:
            if request is None:
                raise
            adapter = self.url_map.bind("localhost")
            adapter.match = partial(_raise, fault)  # type: ignore[method-assign]
            return adapter


def _raise(fault: HTTPException, *_arguments: object, **_options: object) -> NoReturn:
    raise fault
