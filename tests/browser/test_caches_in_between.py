"""A page whose service worker answers every GET from its cache freezes neither token nor status."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from playwright.sync_api import BrowserContext, expect

from tests.browser.embedding import Host, Landing
from tests.helpers.waiting import wait_until

WORKER = """
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", event => event.waitUntil(clients.claim()));
self.addEventListener("fetch", event => {
  if (event.request.method !== "GET") return;
  event.respondWith((async () => {
    const cache = await caches.open("all");
    const known = await cache.match(event.request);
    if (known) return known;
    const answer = await fetch(event.request);
    cache.put(event.request, answer.clone());
    return answer;
  })());
});
"""


def test_two_calls_connect_under_a_service_worker_that_caches_every_get(
    host: Host, visitor: Callable[..., BrowserContext]
) -> None:
    host._pages["worker.js"] = Response(WORKER, mimetype="text/javascript")
    landing = Landing(visitor().new_page(), host)
    key = host.add_site("")
    register = "<script>navigator.serviceWorker.register('/worker.js')</script>"
    landing.visit(f'{register}<script async src="{host.callme_url}/w/{key}.js"></script>')
    wait_until(
        lambda: landing.page.evaluate("Boolean(navigator.serviceWorker.controller)"), 20, "control"
    )
    landing.page.reload()
    for number in ("2025550181", "2025550182"):
        landing.open_panel()
        landing.ask_for_call(number)
        expect(landing.page.locator("call-me[data-state=connected]")).to_be_visible()
        landing.page.get_by_role("button", name="Close").first.click()
    cached = landing.page.evaluate(
        """async () => (await (await caches.open("all")).keys()).map(one => new URL(one.url).pathname)"""
    )
    assert f"/w/{key}.js" in cached, "the worker did not see the widget"
    assert [path for path in cached if path.endswith("/token") or "/calls/" in path] == []
