"""Flask as Callme sets it up."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

from flask import Flask, Request, Response
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from webapp.assets import STATIC, TEMPLATES

MAX_BODY_BYTES = 16 * 1024
MAX_FORM_PARTS = 50


_JSON = json.JSONEncoder(separators=(",", ":"))


class PlainJson(DefaultJSONProvider):
    """Flask's own builds an encoder for each response, for types that we never use, and sorts keys."""

    def dumps(self, obj: Any, **_options: Any) -> str:
        return _JSON.encode(obj)

    def response(self, *args: Any, **kwargs: Any) -> Response:
        body = self.dumps(self._prepare_response_obj(args, kwargs))
        return Response(f"{body}\n", mimetype=self.mimetype)


class Application(Flask):
    json_provider_class = PlainJson

    def __init__(self) -> None:
        super().__init__("webapp", template_folder=str(TEMPLATES), static_folder=str(STATIC))
        self.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
        self.config["MAX_FORM_PARTS"] = MAX_FORM_PARTS

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Flask would check a dozen times per request whether a function is a coroutine; none is."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """For an invalid host, an adapter that refuses every address but can still build those that the
        error page needs: without it Flask would crash there."""
        try:
            return super().create_url_adapter(request)
        except HTTPException as fault:
            if request is None:
                raise
            adapter = self.url_map.bind("localhost")
            adapter.match = partial(_raise, fault)  # type: ignore[method-assign]
            return adapter


def _raise(fault: HTTPException, *_asked: object, **_options: object) -> NoReturn:
    raise fault
