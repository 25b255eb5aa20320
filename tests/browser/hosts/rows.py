"""What a row of the table is, and what its pages are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.browser.hosts import stories
from tests.browser.hosts.grounds import HostPage
from tests.browser.hosts.visits import Visit

CONTENT = """
<header><h1>Acme Corp</h1><nav><a href="#prices">Prices</a> <a href="#about">About</a></nav></header>
<main>
  <p>Anvils, rockets and giant magnets, delivered to the desert by tomorrow.</p>
  <ul><li>Free delivery</li><li>No questions asked</li></ul>
  <form><label>Search <input name="q" /></label> <button type="button">Go</button></form>
  <table><tr><td>Anvil</td><td>12.00</td></tr></table>
</main>
"""
TAG = '<script async="" src="$callme/w/acme.js"></script>'
SYNC_TAG = '<script src="$callme/w/acme.js"></script>'
BETA_TAG = '<script async="" src="$callme/w/beta.js"></script>'
INLINE = '<p><call-me site="acme"></call-me></p>'
BETA_INLINE = '<p><call-me site="beta"></call-me></p>'


def page(
    body: str = CONTENT + TAG,
    *,
    head: str = "",
    html: str = 'lang="en"',
    doctype: str = "<!DOCTYPE html>",
) -> str:
    return (
        f'{doctype}<html {html}><head><meta charset="utf-8" /><title>Acme</title>{head}</head>'
        f"<body>{body}</body></html>"
    )


def inline(**more: str) -> str:
    """A page with a place for the button."""
    return page(CONTENT + INLINE + TAG, **more)


def styled(css: str) -> str:
    return f"<style>{css}</style>"


def scripted(script: str) -> str:
    """In the head: it runs before all others."""
    return f"<script>{script}</script>"


@dataclass(frozen=True)
class Row:
    """A host page, what happens there, and whom it is compared with.

    `looks_like` names the calm page on which the widget looks the same; empty where it may differ.
    `stands` says whether the rest of the page stands as it does without the button.
    `browser` are options of the visitor's browser.
    """

    name: str
    sent: HostPage
    story: Callable[[Visit], None]
    looks_like: str
    stands: bool
    browser: dict[str, object] = field(default_factory=dict)


def row(
    name: str,
    html: str,
    story: Callable[[Visit], None] = stories.whole_path,
    *,
    policy: str = "",
    headers: dict[str, str] | None = None,
    content_type: str = "text/html; charset=utf-8",
    looks_like: str | None = None,
    stands: bool = True,
    **browser: object,
) -> Row:
    sent = HostPage(html, policy, headers or {}, content_type)
    if looks_like is None:
        looks_like = "calm-inline" if INLINE in html else "calm"
    return Row(name, sent, story, looks_like, stands, browser)
