"""Callme on one origin; on another, of another site, the pages that carry its button."""

from __future__ import annotations

import base64
import hashlib
import itertools
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import requests
from flask import Flask, Response, abort, send_from_directory

from tests.browser.cross_site import callme_on_the_wire, two_sites
from tests.helpers import libraries
from tests.helpers.callme import Callme
from tests.helpers.vendors import Held, StandIn, served, stand_in
from webapp.context import services

NONCE = "c2FsdCBhbmQgcGVwcGVy"

_numbers = itertools.count(1000)


@dataclass(frozen=True)
class HostPage:
    """A page as its server sends it. `html` and the headers may say $callme, $base, $nonce, $integrity,
    $hosts and $elsewhere; `script` stands for the usual tag."""

    html: str
    policy: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Grounds:
    """Everything that a visit needs. `hosts` and `elsewhere` are the two origins of the host pages."""

    callme: str
    hosts: str
    elsewhere: str
    vendor: StandIn
    held: Held

    def new_phone(self) -> str:
        """A number that nobody else has typed."""
        return f"202555{next(_numbers)}"

    def menus(self, phone: str) -> list[str]:
        """Which receptionists the vendor was asked to join this phone to."""
        return [
            record.query["menu_id"]
            for record in self.vendor.received
            if record.query["phone_to_call"] == phone
        ]


@contextmanager
def grounds(folder: Path, pages: Mapping[str, HostPage]) -> Iterator[Grounds]:
    hosts = Flask(__name__)
    held = Held()
    with ExitStack() as stack:
        vendor = stack.enter_context(stand_in(wrap=held.wrap))
        elsewhere = stack.enter_context(served(hosts))
        # The same server under its other name: a site that is not the one that Callme is on.
        host_origin = elsewhere.replace("127.0.0.1", "localhost")
        sites = two_sites(host_origin, elsewhere)
        callme_url, callme = stack.enter_context(callme_on_the_wire(folder, vendor.url, sites))
        _add_pages(hosts, pages, _names(callme, callme_url, host_origin, elsewhere))
        stack.callback(held.let_all_go)
        yield Grounds(callme_url, host_origin, elsewhere, vendor, held)


def _names(callme: Callme, callme_url: str, hosts: str, elsewhere: str) -> dict[str, str]:
    """What the pages call things. $base is the address of the versioned files, $integrity the hash
    of the launcher there."""
    with callme.app.app_context():
        base = f"{callme_url}/widget/{services().widget.version}/"
    launcher = requests.get(f"{base}launcher.js", timeout=5).content
    digest = base64.b64encode(hashlib.sha384(launcher).digest()).decode()
    return {
        "callme": callme_url,
        "base": base,
        "integrity": f"sha384-{digest}",
        "nonce": NONCE,
        "hosts": hosts,
        "elsewhere": elsewhere,
    }


def _add_pages(hosts: Flask, pages: Mapping[str, HostPage], names: Mapping[str, str]) -> None:
    def filled(text: str) -> str:
        return Template(text).safe_substitute(names)

    @hosts.get("/<path:name>")
    def page(name: str) -> Response:
        host_page = pages.get(name)
        if host_page is None:
            abort(404)
        headers = {key: filled(value) for key, value in host_page.headers.items()}
        if host_page.policy:
            headers["Content-Security-Policy"] = filled(host_page.policy)
        return Response(
            filled(host_page.html), headers=headers, content_type=host_page.content_type
        )

    @hosts.get("/npm/<path:name>")
    def library(name: str) -> Response:
        folder = libraries.find()
        return send_from_directory(folder, name) if folder else abort(404)

    @hosts.get("/blank")
    def blank() -> str:
        return "<!doctype html><title>Blank</title>"

    @hosts.get("/favicon.ico")
    def icon() -> Response:
        return Response(status=204)
