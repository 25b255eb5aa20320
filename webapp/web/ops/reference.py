"""`/openapi.json` for programs, and the same as an HTML page.

The description is openapi.json beside this module, written by hand. Tests compare it with the routes,
the form and the responses, and send valid and invalid requests to a running server.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from webapp import __version__
from webapp.context import services
from webapp.web.guards.limits import limit_visitor
from webapp.web.language import speak
from webapp.web.ops.api_page import read

reference = Blueprint("reference", __name__)

_CACHED = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


@cache
def _description() -> dict[str, Any]:
    text = Path(__file__).with_name("openapi.json").read_text("utf-8")
    description: dict[str, Any] = json.loads(text)
    return description


def description_of(public_url: str) -> dict[str, Any]:
    """This version's description, with `public_url` as the server."""
    found = _description()
    return {
        **found,
        "info": {**found["info"], "version": __version__},
        "servers": [{"url": public_url}],
    }


@reference.get("/openapi.json")
@limit_visitor("60/minute")
def description() -> ResponseReturnValue:
    """Public, with CORS for tools in a browser; keeps the order of the file."""
    text = json.dumps(description_of(services().public_url), ensure_ascii=False)
    return Response(text, mimetype="application/json", headers=_CACHED)


@reference.get("/openapi")
@limit_visitor("60/minute")
def page() -> ResponseReturnValue:
    """In English, like the description."""
    speak("en")
    return render_template("views/openapi.html", api=read(description_of(services().public_url)))
