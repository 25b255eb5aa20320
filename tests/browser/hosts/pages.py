"""The table of host pages: strict ones, hostile ones, odd ones."""

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
ONLY_CALLME = "default-src 'none'; script-src $callme; connect-src $callme"


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


def styled(css: str, *, inline: bool = False) -> str:
    return page(CONTENT + (INLINE if inline else "") + TAG, head=f"<style>{css}</style>")


def scripted(script: str) -> str:
    """A page whose own script runs before all others."""
    return page(head=f"<script>{script}</script>")


@dataclass(frozen=True)
class Row:
    """A host page, what happens there, and whom it is compared with.

    `looks_like` names the calm page on which the widget looks the same; empty where it may differ.
    `stands` says whether the rest of the page stands as it does without the button.
    """

    name: str
    sent: HostPage
    story: Callable[[Visit], None] = stories.whole_path
    looks_like: str = "calm"
    stands: bool = True
    browser: dict[str, object] = field(default_factory=dict)


def row(
    name: str,
    html: str,
    story: Callable[[Visit], None] = stories.whole_path,
    *,
    policy: str = "",
    headers: dict[str, str] | None = None,
    content_type: str = "text/html; charset=utf-8",
    looks_like: str = "calm",
    stands: bool = True,
    **browser: object,
) -> Row:
    sent = HostPage(html, policy, headers or {}, content_type)
    return Row(name, sent, story, looks_like, stands, browser)


CALM = [
    row("calm", page()),
    row("calm-inline", page(CONTENT + INLINE + TAG), looks_like="calm-inline"),
    row("calm-dark", page(), looks_like="calm-dark", color_scheme="dark"),
]

STRICT = [
    row("policy-of-two-directives", page(), policy=ONLY_CALLME),
    row(
        "policy-with-nonce-and-strict-dynamic",
        page(CONTENT + TAG.replace("async", 'nonce="$nonce" async')),
        policy="default-src 'none'; script-src 'nonce-$nonce' 'strict-dynamic'; connect-src $callme; "
        "base-uri 'none'; object-src 'none'",
    ),
    row(
        "strict-dynamic-by-a-loader",
        page(
            CONTENT + "<script nonce='$nonce'>const tag = document.createElement('script');"
            "tag.src = '$callme/w/acme.js'; document.head.append(tag)</script>"
        ),
        policy="script-src 'nonce-$nonce' 'strict-dynamic'; connect-src $callme; "
        "base-uri 'none'; object-src 'none'",
    ),
    row(
        "trusted-types",
        page(),
        policy=f"{ONLY_CALLME}; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    row(
        "cross-origin-isolated",
        page(),
        stories.isolated,
        headers={
            "Cross-Origin-Embedder-Policy": "require-corp",
            "Cross-Origin-Opener-Policy": "same-origin",
        },
    ),
    row(
        "integrity",
        page(
            CONTENT + INLINE + '<script async="" src="${base}launcher.js" integrity="$integrity" '
            'crossorigin="anonymous"></script>'
        ),
        policy=ONLY_CALLME,
        looks_like="calm-inline",
    ),
    row("no-referrer", page(), headers={"Referrer-Policy": "no-referrer"}),
    row(
        "no-permissions",
        page(),
        headers={"Permissions-Policy": "clipboard-read=(), fullscreen=(), storage-access=()"},
    ),
]

STRIP = """
Object.defineProperty(document, 'currentScript', {get: () => null});
function inject() {
  const given = {src: '$callme/w/acme.js', async: '', 'data-site': 'acme', id: 'tag-7'};
  const script = document.createElement('script');
  for (const name in given) if (!name.startsWith('data-')) script.setAttribute(name, given[name]);
  document.body.append(script);
  script.remove();
}
"""

LOADED = [
    row(
        "tag-manager",
        page(
            CONTENT, head=f"<script>{STRIP} addEventListener('DOMContentLoaded', inject)</script>"
        ),
    ),
    row(
        "tag-manager-long-after-load",
        page(
            CONTENT,
            head=f"<script>{STRIP} addEventListener('load', () => setTimeout(inject, 50))</script>",
        ),
    ),
    row("in-the-head", page(CONTENT, head=SYNC_TAG)),
    row(
        "in-the-head-of-an-inline-one",
        page(CONTENT + INLINE, head=SYNC_TAG),
        looks_like="calm-inline",
    ),
    row("deferred", page(CONTENT, head=SYNC_TAG.replace("src", 'defer="" src'))),
    row("twice", page(CONTENT + TAG, head=SYNC_TAG), stories.one_button),
    row(
        "twice-with-the-copy-without-configuration",
        page(CONTENT + INLINE + TAG, head='<script src="${base}launcher.js"></script>'),
        stories.one_button,
        looks_like="calm-inline",
    ),
    row(
        "two-sites-one-inline",
        page(CONTENT + '<p><call-me site="beta"></call-me></p>' + TAG + BETA_TAG),
        stories.two_sites,
    ),
    row(
        "two-sites-both-inline",
        page(CONTENT + INLINE + '<p><call-me site="beta"></call-me></p>' + TAG + BETA_TAG),
        stories.two_sites,
        looks_like="calm-inline",
    ),
    row("two-sites-both-floating", page(CONTENT + SYNC_TAG + BETA_TAG), stories.two_sites),
]

UNSET = "* { all: unset !important }"
COVER = (
    "body::after { content: ''; position: fixed; inset: 0; z-index: 2147483647; background: #fff }"
)

STYLED = [
    row("everything-unset", styled(UNSET)),
    # Everything is one line of text there, of which the button is a part: the layout is not compared.
    row(
        "everything-unset-inline",
        styled(UNSET, inline=True),
        looks_like="calm-inline",
        stands=False,
    ),
    row("no-buttons", styled("button { display: none !important }")),
    row(
        "no-buttons-inline",
        styled("button { display: none !important }", inline=True),
        looks_like="calm-inline",
    ),
    row("small-root-font", styled("html { font-size: 62.5% }")),
    row(
        "small-root-font-inline",
        styled("html { font-size: 62.5% }", inline=True),
        looks_like="calm-inline",
    ),
    row("transformed-body", styled("body { transform: scale(1); height: 3000px }")),
    row(
        "transformed-body-inline",
        styled("body { transform: scale(1) }", inline=True),
        looks_like="calm-inline",
    ),
    row("covered", styled(COVER), stories.covered),
    row("undefined-hidden", styled(":not(:defined) { display: none }")),
    row(
        "undefined-hidden-inline",
        styled(":not(:defined) { display: none }", inline=True),
        looks_like="calm-inline",
    ),
    row(
        "loud",
        styled(
            "html, body, call-me { font: italic 40px/3 fantasy; letter-spacing: 1em; color: red;"
            " text-transform: uppercase; text-align: right; text-shadow: 2px 2px red; cursor: none;"
            " word-spacing: 1em; white-space: pre; text-indent: 4em; visibility: visible }"
            " * { transition: all 9s !important; animation: none; outline: 9px solid red;"
            " box-sizing: content-box !important; pointer-events: auto }"
            " dialog, dialog::backdrop, form, input, label, p { display: none !important }"
        ),
    ),
    row(
        "loud-inline",
        styled(
            "html, body, p { font: italic 40px/3 fantasy; letter-spacing: 1em; color: red;"
            " text-transform: uppercase; text-align: right; text-shadow: 2px 2px red; cursor: none;"
            " word-spacing: 1em; white-space: pre; text-indent: 4em }",
            inline=True,
        ),
        looks_like="calm-inline",
    ),
    row(
        "body-is-a-grid",
        styled(
            "html { display: grid } body { display: grid; grid-auto-rows: 1fr } html > * { margin: 40px }"
        ),
    ),
]

POLLUTED = [
    row("array-prototype", scripted("Array.prototype.foo = function () { return 'bar'; }")),
    row(
        "object-prototype",
        scripted("Object.prototype.x = 1; Object.prototype.extend = function () { return this; }"),
    ),
    row(
        "old-prototype-library",
        scripted(
            # As Prototype 1.6 and MooTools did.
            "Array.prototype.toJSON = function () { return 'array'; };"
            "String.prototype.toJSON = function () { return '“' + this + '”'; };"
            "Array.from = things => [].slice.call(things);"
            "Function.prototype.bind = function (it, ...given) {"
            "  const bound = this; return function (...more) { return bound.apply(it, given.concat(more)); }; };"
            "for (const name of ['show', 'hide', 'update', 'remove', 'visible', 'wrap', 'select', 'site', 'state'])"
            "  if (!(name in HTMLElement.prototype)) HTMLElement.prototype[name] = function () { return this; };"
        ),
    ),
    row(
        "patched-fetch",
        scripted(
            "const real = window.fetch;"
            "window.fetch = async function (...given) {"
            "  const answer = await real.apply(this, given);"
            "  answer.seenBy = 'monitor';"
            "  return new Proxy(answer, {get: (of, name) => {"
            "    const value = Reflect.get(of, name); return typeof value === 'function' ? value.bind(of) : value; }});"
            "};"
        ),
    ),
    row(
        "patched-events-and-timers",
        scripted(
            # As zone.js does.
            "const {addEventListener: add, removeEventListener: drop} = EventTarget.prototype;"
            "const wraps = new WeakMap();"
            "EventTarget.prototype.addEventListener = function (type, fn, ...more) {"
            "  if (typeof fn === 'function' && !wraps.has(fn)) {"
            "    wraps.set(fn, function (...given) { return fn.apply(this, given); }); }"
            "  return add.call(this, type, wraps.get(fn) || fn, ...more); };"
            "EventTarget.prototype.removeEventListener = function (type, fn, ...more) {"
            "  return drop.call(this, type, wraps.get(fn) || fn, ...more); };"
            "const later = window.setTimeout;"
            "window.setTimeout = function (fn, ms, ...more) {"
            "  return later(function () { fn.apply(null, arguments); }, ms, ...more); };"
            "const micro = window.queueMicrotask;"
            "window.queueMicrotask = fn => micro(() => fn());"
        ),
    ),
    row(
        "names-taken",
        page(
            '<form id="Callme"></form><a id="customElement"></a>' + CONTENT + TAG,
            head="<script>var sites = 1, modules = 2, elements = 3, boot = 4, place = 5, find = 6</script>",
        ),
    ),
    row(
        "page-with-shortcuts",
        scripted(
            "document.addEventListener('keydown', event => {"
            "  if (!/^(INPUT|TEXTAREA)$$/.test(event.target.tagName)) event.preventDefault(); });"
        ),
        stories.typed_key_by_key,
    ),
]

ODD = [
    row("base-elsewhere", page(head='<base href="https://elsewhere.invalid/" />')),
    row("base-path", page(head='<base href="/deep/er/" target="_top" />')),
    row(
        "right-to-left",
        page(html='dir="rtl" lang="ar"'),
        stories.reads_in_its_own_direction,
        looks_like="",
    ),
    row(
        "right-to-left-inline",
        page(CONTENT + INLINE + TAG, html='dir="rtl" lang="ar"'),
        stories.reads_in_its_own_direction,
        looks_like="",
    ),
    row(
        "right-to-left-and-dark",
        page(html='dir="rtl" lang="he"'),
        stories.reads_in_its_own_direction,
        looks_like="",
        color_scheme="dark",
    ),
    row("quirks", page(doctype=""), stories.in_quirks_mode),
    row(
        "quirks-inline",
        page(CONTENT + INLINE + TAG, doctype=""),
        stories.in_quirks_mode,
        looks_like="calm-inline",
    ),
    row(
        "xhtml",
        page(html='xmlns="http://www.w3.org/1999/xhtml" lang="en"'),
        content_type="application/xhtml+xml",
    ),
    row(
        "xhtml-inline",
        page(CONTENT + INLINE + TAG, html='xmlns="http://www.w3.org/1999/xhtml" lang="en"'),
        content_type="application/xhtml+xml",
        looks_like="calm-inline",
    ),
    row("print", page(), stories.not_on_paper),
    row(
        "print-inline", page(CONTENT + INLINE + TAG), stories.not_on_paper, looks_like="calm-inline"
    ),
    row(
        "print-everything-unset",
        styled(UNSET, inline=True),
        stories.not_on_paper,
        looks_like="calm-inline",
        stands=False,
    ),
    row(
        "in-a-frame",
        page('<iframe src="$hosts/calm" width="700" height="700"></iframe>'),
        looks_like="",
    ),
    row(
        "in-a-frame-of-another-site",
        page('<iframe src="$elsewhere/calm" width="700" height="700"></iframe>'),
        looks_like="",
    ),
]

MOVING = [
    row("router-replaces-the-body", page(), stories.body_replaced),
    row("router-fills-the-body-anew", page(), stories.body_filled_anew),
    row(
        "router-places-the-button",
        page(CONTENT + INLINE + TAG),
        stories.placed_on_some_pages,
        looks_like="calm-inline",
    ),
    row("router-pushes-state", page(), stories.address_changed),
    row("document-element-replaced", page(), stories.document_element_replaced),
    row("document-written-anew", page(), stories.document_written_anew),
    row(
        "moved-with-its-panel-open",
        page(CONTENT + INLINE + TAG),
        stories.moved_while_open,
        looks_like="calm-inline",
    ),
    row(
        "moved-while-the-phone-rings",
        page(CONTENT + INLINE + TAG),
        stories.moved_while_ringing,
        looks_like="calm-inline",
    ),
    row("floating-moved-while-the-phone-rings", page(), stories.moved_while_ringing),
    row(
        "taken-away-and-put-back",
        page(CONTENT + INLINE + TAG),
        stories.put_back,
        looks_like="calm-inline",
    ),
    row(
        "taken-away-while-the-phone-rings",
        page(CONTENT + INLINE + TAG),
        stories.put_back_while_ringing,
        looks_like="calm-inline",
    ),
]
ROWS = [*CALM, *STRICT, *LOADED, *STYLED, *POLLUTED, *ODD, *MOVING]
