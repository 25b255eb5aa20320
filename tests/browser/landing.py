"""The demo's landing page, Callme and the stand-in in this process, with an ear on the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from tests.browser.cross_site import callme_on_the_wire
from tests.helpers.callme import Callme
from tests.helpers.vendors import StandIn, served, stand_in
from webapp.domain.clock import utc_now
from webapp.listening import listen, origin_of
from webapp.sandbox.landing import SITE_KEY, create_landing, sample_sites
from webapp.sandbox.planned import Planned

EAR = """
window.complaints = [];
const complain = (...words) => complaints.push(words.join(" "));
addEventListener("securitypolicyviolation", (e) => complain(e.violatedDirective, e.blockedURI));
addEventListener("error", (e) => complain(e.message, e.filename, e.lineno));
addEventListener("unhandledrejection", (e) => complain(e.reason));
"""
"""First script of the page: hears of every broken policy and every script that fails."""

NARROW = "narrow"
"""Path of a page that shows the page `?path` in a frame: no engine's window becomes as narrow as a
telephone."""

WIDTH, HEIGHT = 360, 740


@dataclass(frozen=True)
class Landing:
    url: str
    callme: Callme
    vendor: StandIn

    def attack(self, refusals: int) -> None:
        """Throw forms at the site that are refused, each from an address of its own."""
        visitor = self.callme.visitor(SITE_KEY, self.url.rstrip("/"))
        for _ in range(refusals):
            visitor.stranger(f"/api/sites/{SITE_KEY}/calls", data={"phone": "1"})


@contextmanager
def landing(folder: Path) -> Iterator[Landing]:
    """With the policy that the demo has, on three origins as there."""
    with stand_in() as vendor, listen("127.0.0.1", 0) as listener:
        origin = origin_of(listener)
        sites = sample_sites([origin], utc_now())
        with callme_on_the_wire(folder, vendor.url, sites) as (callme_url, callme):
            page = with_an_ear(
                create_landing(callme_url, vendor.origin, Planned(callme.store.database, utc_now))
            )
            page.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
                page.wsgi_app, {f"/{NARROW}": telephone()}
            )
            with served(page, listener):
                yield Landing(f"{origin}/", callme, vendor)


def with_an_ear(app: Flask) -> Flask:
    @app.get("/ear.js")
    def ear() -> Response:
        return Response(EAR, mimetype="text/javascript")

    @app.after_request
    def listening(response: Response) -> Response:
        if response.mimetype == "text/html" and response.status_code == 200:
            html = response.get_data(as_text=True)
            assert "<head>" in html, "the page has no place for the ear"
            response.set_data(html.replace("<head>", '<head><script src="/ear.js"></script>', 1))
        return response

    return app


def telephone() -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def frame() -> str:
        return (
            "<!doctype html><body style='margin: 0'>"
            f"<iframe src='/{request.args['path']}' width={WIDTH} height={HEIGHT} style='border: 0'>"
        )

    return app
