"""Callme on an origin of its own, for pages that are of another site."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.helpers.callme import Callme, running_callme
from tests.helpers.sites import other_site, site, sites_toml
from tests.helpers.vendors import served
from webapp.domain.clock import Clock, utc_now
from webapp.listening import listen, origin_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_addresses = itertools.count(1)


def two_sites(*origins: str) -> str:
    """Acme's and Beta's sites file, for pages of these origins."""
    beta = other_site(
        name="Beta Ltd",
        origins=list(origins),
        region="US",
        fallback_phone="+12025550188",
        appearance={"color": "#7a2048"},
    )
    acme = site(origins=list(origins), allowed_regions=None)
    return sites_toml(acme=acme, beta=beta)


@contextmanager
def callme_on_the_wire(
    folder: Path,
    vendor_url: str,
    sites: str,
    *,
    dialogtech_read_timeout: float = 60,
    clock: Clock = utc_now,
    each_from_elsewhere: bool = True,
) -> Iterator[tuple[str, Callme]]:
    """Callme's origin, and what is behind it. Every request comes from an address of its own, as
    limits are not what is tested on other people's pages; else from what X-Forwarded-For says."""
    with (
        listen("127.0.0.1", 0) as listener,
        running_callme(
            folder,
            vendor_url=vendor_url,
            dispatcher=True,
            clock=clock,
            sites=sites,
            public_url=origin_of(listener),
            dialogtech_read_timeout=dialogtech_read_timeout,
        ) as callme,
    ):
        if each_from_elsewhere:
            callme.app.wsgi_app = _each_from_elsewhere(callme.app.wsgi_app)  # type: ignore[method-assign]
        with served(callme.app, listener) as origin:
            yield origin, callme


def _each_from_elsewhere(app: WSGIApplication) -> Callable[..., Any]:
    def wrapped(environ: WSGIEnvironment, start: StartResponse) -> Any:
        environ["HTTP_X_FORWARDED_FOR"] = str(IPv4Address("10.0.0.0") + next(_addresses))
        return app(environ, start)

    return wrapped
