"""Keeps the books of a page: whatever Callme's scripts start in it and have not ended."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Page

from tests.browser.hosts.grounds import Grounds

LEDGER = r"""
(() => {
  const open = new Map();  // what ends it -> what it is
  const enter = (key, what, target) => {
    if (/\/(w|widget)\//.test(new Error().stack)) open.set(key, {what, target});
  };
  const wrap = (owner, name, around) => { owner[name] = around(owner[name]); };

  const keys = new WeakMap();  // target -> listener -> type -> key
  const keyOf = (target, type, fn, options) => {
    const capture = typeof options === 'object' && options ? options.capture : options;
    const name = type + !!capture;
    if (!keys.has(target)) keys.set(target, new Map());
    const known = keys.get(target);
    if (!known.has(fn)) known.set(fn, {});
    return known.get(fn)[name] = known.get(fn)[name] || {};
  };
  wrap(EventTarget.prototype, 'addEventListener', real => function (type, fn, options) {
    const target = this || window;
    const {signal, once} = Object(options);
    if (fn && !(signal && signal.aborted)) {
      const key = keyOf(target, type, fn, options);
      enter(key, `${type} of ${target.constructor.name}`, target);
      if (signal) real.call(signal, 'abort', () => open.delete(key));
      if (once) real.call(target, type, () => open.delete(key), options);
    }
    return real.call(target, type, fn, options);
  });
  wrap(EventTarget.prototype, 'removeEventListener', real => function (type, fn, options) {
    const target = this || window;
    if (fn) open.delete(keyOf(target, type, fn, options));
    return real.call(target, type, fn, options);
  });

  for (const [start, end] of [
    ['setTimeout', 'clearTimeout'],
    ['setInterval', 'clearInterval'],
    ['requestAnimationFrame', 'cancelAnimationFrame'],
    ['requestIdleCallback', 'cancelIdleCallback'],
  ]) {
    wrap(window, start, real => (fn, ...more) => {
      const id = real((...given) => {
        if (start !== 'setInterval') open.delete(start + id);
        fn(...given);
      }, ...more);
      enter(start + id, start);
      return id;
    });
    wrap(window, end, real => id => { open.delete(start + id); real(id); });
  }

  for (const name of ['Mutation', 'Resize', 'Intersection', 'Performance']) {
    const {prototype} = window[name + 'Observer'];
    wrap(prototype, 'observe', real => function (...given) {
      enter(this, name + 'Observer');
      return real.apply(this, given);
    });
    wrap(prototype, 'disconnect', real => function () { open.delete(this); return real.call(this); });
  }

  const gone = target =>
    target instanceof Node && !target.isConnected || target instanceof AbortSignal;
  const before = new Set([...Object.getOwnPropertyNames(window), 'ledger']);
  const ledger = {
    rest: () => [...open.values()].filter(({target}) => !gone(target)).map(({what}) => what),
    globals: () => Object.getOwnPropertyNames(window).filter(name => !before.has(name)),
  };
  Object.defineProperty(window, 'ledger', {value: ledger});
})();
"""
"""Run before the page's own scripts. A listener of a node that is in no document goes with it, and so
does one of a signal."""

ROOTS = ("window", "document", "document.documentElement", "document.body")


class Ledger:
    """What is left of the widget in a page whose context has the script above."""

    def __init__(self, page: Page, grounds: Grounds) -> None:
        self._page = page
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._scripts: set[str] = set()
        self._callme = grounds.callme
        self._cdp.on("Debugger.scriptParsed", self._parsed)
        self._cdp.send("Debugger.enable")

    def rest(self) -> list[str]:
        """Listeners, timers and observers, and listeners as the browser itself counts them."""
        rest: list[str] = self._page.evaluate("ledger.rest()")
        return rest + self._counted()

    def globals(self) -> list[str]:
        """The names that `window` has more than before all scripts."""
        added: list[str] = self._page.evaluate("ledger.globals()")
        return added

    def _parsed(self, script: dict[str, Any]) -> None:
        if script["url"].startswith(self._callme):
            self._scripts.add(script["scriptId"])

    def _counted(self) -> list[str]:
        found = []
        for name in ROOTS:
            answer = self._cdp.send("Runtime.evaluate", {"expression": name})
            where = {"objectId": answer["result"]["objectId"]}
            listeners = self._cdp.send("DOMDebugger.getEventListeners", where)["listeners"]
            found += [
                f"{listener['type']} of {name}"
                for listener in listeners
                if listener["scriptId"] in self._scripts
            ]
        return found
