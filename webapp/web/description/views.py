"""`/openapi.json` for programs, and the same as a page for people."""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue

from webapp.web.context import services
from webapp.web.description.document import document
from webapp.web.description.reading import read
from webapp.web.language import speak

reference = Blueprint("reference", __name__)

_KEPT = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}


@reference.get("/openapi.json")
def description() -> ResponseReturnValue:
    """Public, and fit for tools that run in a browser. In the order in which people read it."""
    text = json.dumps(document(current_app, services().public_url), ensure_ascii=False)
    return Response(text, mimetype="application/json", headers=_KEPT)


@reference.get("/openapi")
def page() -> ResponseReturnValue:
    """In English, as all of the description is."""
    speak("en")
    api = read(document(current_app, services().public_url))
    return render_template("views/openapi.html", api=api)
