"""Pages whose styles and scripts are not kind to what else is on them."""

from __future__ import annotations

from tests.browser.hosts import stories
from tests.browser.hosts.rows import CONTENT, TAG, inline, page, row, scripted, styled

UNSET = styled("* { all: unset !important }")
NO_BUTTONS = styled("button { display: none !important }")
SMALL_ROOT = styled("html { font-size: 62.5% }")
UNDEFINED_HIDDEN = styled(":not(:defined) { display: none }")
COVERED = styled(
    "body::after { content: ''; position: fixed; inset: 0; z-index: 2147483647; background: #fff }"
)
LOUD = styled("""
  html, body, p { font: italic 40px/3 fantasy; letter-spacing: 1em; word-spacing: 1em; color: red;
    text-transform: uppercase; text-align: right; text-shadow: 2px 2px red; text-indent: 4em;
    white-space: pre; cursor: none; }
""")
LOUDER = styled("""
  html, body, call-me { font: italic 40px/3 fantasy; letter-spacing: 1em; word-spacing: 1em;
    text-transform: uppercase; text-align: right; text-shadow: 2px 2px red; text-indent: 4em;
    white-space: pre; cursor: none; color: red; visibility: visible }
  * { transition: all 9s !important; animation: none; outline: 9px solid red; pointer-events: auto;
    box-sizing: content-box !important }
  dialog, dialog::backdrop, form, input, label, p { display: none !important }
""")
GRID = styled("""
  html, body { display: grid; grid-auto-rows: 1fr }
  html > * { margin: 40px }
""")

STYLES = [
    row("everything-unset", page(head=UNSET)),
    # Everything is one line of text there, of which the button is a part.
    row("everything-unset-inline", inline(head=UNSET), stands=False),
    row("no-buttons", page(head=NO_BUTTONS)),
    row("no-buttons-inline", inline(head=NO_BUTTONS)),
    row("small-root-font", page(head=SMALL_ROOT)),
    row("small-root-font-inline", inline(head=SMALL_ROOT)),
    row("transformed-body", page(head=styled("body { transform: scale(1); height: 3000px }"))),
    row("transformed-body-inline", inline(head=styled("body { transform: scale(1) }"))),
    row("covered", page(head=COVERED), stories.covered),
    row("undefined-hidden", page(head=UNDEFINED_HIDDEN)),
    row("undefined-hidden-inline", inline(head=UNDEFINED_HIDDEN)),
    row("loud", page(head=LOUDER)),
    row("loud-inline", inline(head=LOUD)),
    row("grid", page(head=GRID)),
]

OLD_LIBRARIES = """
  // As Prototype 1.6 and MooTools did.
  Array.prototype.toJSON = function () { return 'array'; };
  String.prototype.toJSON = function () { return '“' + this + '”'; };
  Array.from = things => [].slice.call(things);
  Function.prototype.bind = function (it, ...given) {
    const bound = this;
    return function (...more) { return bound.apply(it, given.concat(more)); };
  };
  for (const name of ['show', 'hide', 'update', 'visible', 'wrap', 'select', 'site', 'state']) {
    const proto = HTMLElement.prototype;
    if (!(name in proto)) proto[name] = function () { return this; };
  }
"""
MONITOR = """
  const real = window.fetch;
  window.fetch = async function (...given) {
    const answer = await real.apply(this, given);
    answer.seenBy = 'monitor';
    return new Proxy(answer, {get(of, name) {
      const value = Reflect.get(of, name);
      return typeof value === 'function' ? value.bind(of) : value;
    }});
  };
"""
ZONES = """
  // As zone.js does.
  const {addEventListener: add, removeEventListener: drop} = EventTarget.prototype;
  const zoned = new WeakMap();
  const zone = fn => {
    if (typeof fn !== 'function') return fn;
    if (!zoned.has(fn)) zoned.set(fn, function (...given) { return fn.apply(this, given); });
    return zoned.get(fn);
  };
  EventTarget.prototype.addEventListener = function (type, fn, ...more) {
    return add.call(this, type, zone(fn), ...more);
  };
  EventTarget.prototype.removeEventListener = function (type, fn, ...more) {
    return drop.call(this, type, zone(fn), ...more);
  };
  const later = window.setTimeout;
  window.setTimeout = (fn, ms, ...more) => later((...given) => fn(...given), ms, ...more);
  const micro = window.queueMicrotask;
  window.queueMicrotask = fn => micro(() => fn());
"""
SHORTCUTS = """
  document.addEventListener('keydown', event => {
    if (!/^(INPUT|TEXTAREA)$$/.test(event.target.tagName)) event.preventDefault();
  });
"""
NAMES = "var sites = 1, modules = 2, elements = 3, boot = 4, place = 5, find = 6, TAG = 7"

SCRIPTS = [
    row(
        "array-prototype",
        page(head=scripted("Array.prototype.foo = function () { return 'bar'; }")),
    ),
    row(
        "object-prototype",
        page(head=scripted("Object.prototype.x = 1; Object.prototype.extend = function () {};")),
    ),
    row("old-libraries", page(head=scripted(OLD_LIBRARIES)), stories.twice_in_a_visit),
    row("patched-fetch", page(head=scripted(MONITOR))),
    row("patched-events-and-timers", page(head=scripted(ZONES))),
    row("names-taken", page('<form id="Callme"></form>' + CONTENT + TAG, head=scripted(NAMES))),
    row("shortcuts", page(head=scripted(SHORTCUTS)), stories.typed_key_by_key),
]
