"""Callme on one origin, and on another one pages of somebody else's, which a test puts there."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from flask import Flask, Response, abort
from playwright.sync_api import Page, Route, expect

from tests.browser.cross_site import callme_on_the_wire, two_sites
from tests.helpers.callme import Callme
from tests.helpers.guide import CALLME
from tests.helpers.sites import other_site, sites_toml
from tests.helpers.vendors import Held, served, stand_in
from tests.helpers.waiting import wait_until
from webapp.context import services
from webapp.domain.clock import utc_now
from webapp.domain.site.reading import parse_sites
from webapp.store.sites import SiteRepository

if TYPE_CHECKING:
    pass

_phones = itertools.count(1000)
_keys = itertools.count(1)


@dataclass(frozen=True)
class Host:
    """Two origins of different sites: Callme's, and that of the pages."""

    callme_url: str
    url: str
    callme: Callme
    held: Held
    _pages: dict[str, Response] = field(default_factory=dict)
    _sites: dict[str, str] = field(default_factory=dict)

    def serve(self, html: str, headers: Mapping[str, str] | None = None) -> str:
        """Put a page there; its address."""
        return self.serve_at(f"page-{len(self._pages)}", html, headers)

    def serve_at(self, name: str, html: str, headers: Mapping[str, str] | None = None) -> str:
        """Put a page under a path of its own; its address."""
        self._pages[name] = Response(html, headers=dict(headers or {}), mimetype="text/html")
        return f"{self.url}/{name}"

    def add_site(self, settings: str) -> str:
        """The key of a site for the pages' origin: Acme's with these lines of TOML. The same lines make
        the same site, as every look at the sites reads all that there are."""
        key = self._sites.get(settings)
        if key is None:
            key = self._sites[settings] = f"site-{next(_keys)}"
            self._apply(key, settings)
        return key

    def _apply(self, key: str, settings: str) -> None:
        acme = {"name": "Acme Corp", "region": "US", "fallback_phone": "+12025550199"}
        table = other_site(origins=[self.url], **acme | tomllib.loads(settings))
        sites = parse_sites(sites_toml(**{key: table}), "the site of a test")
        SiteRepository(self.callme.store.database, utc_now).apply(sites, prune=False)
        with self.callme.app.app_context():
            services().sites._cached.expire()  # it is read anew within a second: now
        launcher = f"{self.callme_url}/w/{key}.js"
        wait_until(lambda: requests.get(launcher, timeout=5).ok, 10, "the new site")


class Landing:
    """A page of the host's with something of the guide in it, and who visits it."""

    def __init__(self, page: Page, host: Host) -> None:
        self.page = page
        self.host = host

    def visit(self, body: str, headers: Mapping[str, str] | None = None) -> None:
        """Open a page with this in its body."""
        html = (
            '<!DOCTYPE html><html lang="en"><head><title>Acme</title></head>'
            f"<body><h1>Acme Corp</h1><main></main>{self.filled(body)}</body></html>"
        )
        self.page.goto(self.host.serve(html, headers))

    def filled(self, snippet: str) -> str:
        """The snippet with the address, version and hash of this Callme."""
        snippet = snippet.replace(CALLME, self.host.callme_url)
        if "VERSION" in snippet:
            launcher = requests.get(f"{self.host.callme_url}/w/acme.js", timeout=5).text
            # As the guide's first command finds it.
            version = re.findall('version:"[0-9a-f]*"', launcher)[0].split('"')[1]
            snippet = snippet.replace("VERSION", version)
            (address,) = re.findall(r'src="([^"]+)"', snippet)
            # As its second command does.
            digest = hashlib.sha384(requests.get(address, timeout=5).content).digest()
            snippet = snippet.replace("HASH", base64.b64encode(digest).decode())
        return snippet

    def open_panel(self, opener: str = "call-me [part=launcher]") -> None:
        expect(self.page.locator("call-me[data-state=closed]").first).to_be_attached()
        self.page.locator(opener).first.click()
        expect(self.page.locator("call-me[data-state=open] dialog")).to_be_visible()

    def ask_for_call(self, phone: str) -> None:
        self.page.locator("dialog[open] [part=phone]").fill(phone)
        self.page.locator("dialog[open] [part=submit]").click()

    def be_called(self) -> None:
        """Up to the end, from the open panel; by a number that nobody else has typed."""
        self.ask_for_call(f"202555{next(_phones)}")
        expect(self.page.locator("call-me[data-state=connected]")).to_be_visible()


def hold_back(page: Page, pattern: str) -> list[Route]:
    """Requests for what fits go nowhere until the test lets them."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(pattern, hold)
    return held


def first_of(held: list[Route], page: Page) -> Route:
    """The first request that is held back, once there is one. Playwright hears of it only while it is
    asked for something."""
    wait_until(lambda: page.evaluate("true") and held, 10, "a request that is held back")
    return held[0]


@contextmanager
def running_host(folder: Path) -> Iterator[Host]:
    pages: dict[str, Response] = {}
    with ExitStack() as stack:
        held = Held()
        vendor = stack.enter_context(stand_in(wrap=held.wrap))
        # The server of the pages under its other name, so that it is of another site than Callme is.
        pages_url = stack.enter_context(served(_pages_of(pages))).replace("127.0.0.1", "localhost")
        callme_url, callme = stack.enter_context(
            callme_on_the_wire(folder, vendor.url, two_sites(pages_url))
        )
        stack.callback(held.let_all_go)
        yield Host(callme_url, pages_url, callme, held, pages)


def _pages_of(pages: Mapping[str, Response]) -> Flask:
    app = Flask(__name__)

    @app.get("/<path:name>")
    def page(name: str) -> Response:
        if name not in pages:
            abort(404)
        return pages[name]

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)

    return app
