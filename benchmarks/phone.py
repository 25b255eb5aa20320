"""A visitor's phone, over the DevTools protocol: Chromium with a slow processor on a slow network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, Page
from playwright.sync_api import Error as BrowserError

from benchmarks.table import BenchmarkError

CPU_SLOWDOWN = 4

_SCREEN = {"width": 360, "height": 740}
_KBIT = 1024 / 8
# "Slow 4G" of Chrome's own tools: 150 ms round trip, 1.6 Mbit/s down, 750 kbit/s up. The browser slows
# requests, not packets: a connection's handshakes cost nothing, and a request takes one round trip where
# a network needs several. So the tools multiply the latency by 3.75 and the throughput by 0.9.
_SLOW_4G = {
    "offline": False,
    "latency": 150 * 3.75,
    "downloadThroughput": 1.6 * 1024 * _KBIT * 0.9,
    "uploadThroughput": 750 * _KBIT * 0.9,
}

_LOAD = """async () => {
  const of = (type) => new Promise((done) => {
    const timer = setTimeout(done, 300, []);
    new PerformanceObserver((list, observer) => {
      clearTimeout(timer);
      observer.disconnect();
      done(list.getEntries());
    }).observe({ type, buffered: true });
  });
  const paint = (await of("largest-contentful-paint")).at(-1);
  const shifts = (await of("layout-shift")).map(({ value }) => value);
  const tasks = await of("longtask");
  return [paint ? paint.startTime : -1, shifts.reduce((sum, one) => sum + one, 0), tasks.length];
}"""
HELD_MS = 80
"""How long a finger stays on the glass. The page gets the touch when it begins, and the click when it
ends."""

_PRESS = """() => void (window.press = new Promise((done) => {
  const { shadowRoot } = document.querySelector("call-me");
  const button = shadowRoot.querySelector("button");
  let pressed = 0;
  button.addEventListener("click", ({ timeStamp }) => (pressed = timeStamp), { once: true });
  // On the way there the dialog itself gives focus to another of its parts.
  shadowRoot.addEventListener("focusin", function look({ target: field }) {
    if (field.name !== "phone") return;
    shadowRoot.removeEventListener("focusin", look);
    const focused = performance.now();
    requestAnimationFrame(() => {
      const frame = new MessageChannel();
      frame.port1.onmessage = () => {
        const seen = field === shadowRoot.activeElement && field.checkVisibility();
        done([focused - pressed, seen ? performance.now() - pressed : -1]);
      };
      frame.port2.postMessage(0);
    });
  });
}))"""
_TAP = """() => {
  const button = document.querySelector("call-me").shadowRoot.querySelector("button");
  const box = button.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
_CLICK = """() => document.querySelector("call-me").shadowRoot.querySelector("button").click()"""
_ROUND_TRIP = """async (address) => {
  const asked = performance.now();
  await fetch(address, { mode: "no-cors", cache: "no-store", credentials: "omit" });
  return performance.now() - asked;
}"""
_INTENT = """async () => {
  const { shadowRoot } = document.querySelector("call-me");
  shadowRoot.querySelector("button").dispatchEvent(new PointerEvent("pointerenter"));
  const loaded = () => performance.getEntriesByType("resource");
  const modules = () => loaded().filter(({ name }) => /\\/(widget|w\\/[^/]+)\\//.test(name));
  while (modules().length < 3) await new Promise(requestAnimationFrame);
  await Promise.all(modules().map(({ name }) => import(name)));
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
}"""


@dataclass(frozen=True, slots=True)
class Load:
    """How the page loaded: milliseconds to its largest paint, the sum of its layout shifts, and tasks
    over 50 ms."""

    paint: float
    shift: float
    long_tasks: float


@dataclass(frozen=True, slots=True)
class Press:
    """Milliseconds from the click event on the button until the field has focus, which lays it out, and
    until the frame that shows this is drawn."""

    focused: float
    drawn: float


@dataclass(frozen=True, slots=True)
class Left:
    """What is still alive after garbage collection."""

    heap: float
    nodes: float
    listeners: float


class Visit:
    """One page in a new browser with an empty cache and no open connections."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self._page = page
        self._session = session

    def load(self, address: str) -> Load:
        """Load the page until the network has been quiet for half a second."""
        self._page.goto(address, wait_until="networkidle")
        return self.so_far()

    def load_anew(self, address: str) -> Load:
        """Load the page with an empty cache until everything it is drawn with is there. The process has
        shown pages before: starting one takes as long as the page, and the time varies."""
        self._session.send("Network.clearBrowserCache")
        self._page.goto(address, wait_until="load")
        found = self.so_far()
        self._page.goto("about:blank")
        return found

    def so_far(self) -> Load:
        paint, shift, tasks = self._page.evaluate(_LOAD)
        if paint < 0:
            raise BenchmarkError("the browser told of no largest paint")
        return Load(paint, shift, tasks)

    def tap(self) -> Press:
        """Press the button with a finger, as on any phone."""
        x, y = self._page.evaluate(_TAP)
        self._page.evaluate(_PRESS)
        touch = {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
        self._session.send("Input.dispatchTouchEvent", touch)
        self._page.wait_for_timeout(HELD_MS)
        self._session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        return self._pressed()

    def press(self) -> Press:
        """Press the button from the page's own script, which gives no sign of it beforehand."""
        self._page.evaluate(_PRESS)
        self._page.evaluate(_CLICK)
        return self._pressed()

    def _pressed(self) -> Press:
        focused, drawn = self._page.evaluate("press")
        if drawn < 0:
            raise BenchmarkError("the press did not lead into the field for the number")
        return Press(focused, drawn)

    def show_intent(self) -> None:
        """Approach the button as a finger or pointer does before a press, and wait until the files that
        this loads are there."""
        self._page.evaluate(_INTENT)

    def round_trip(self, address: str) -> float:
        """Milliseconds until a small response has arrived."""
        return float(self._page.evaluate(_ROUND_TRIP, address))

    def run(self, script: str) -> None:
        self._page.evaluate(script)

    def left(self) -> Left:
        for _ in range(3):
            self._session.send("HeapProfiler.collectGarbage")
        heap = self._session.send("Runtime.getHeapUsage")
        counted = self._session.send("Performance.getMetrics")["metrics"]
        metrics = {one["name"]: float(one["value"]) for one in counted}
        return Left(
            # The heap of JavaScript, and what the browser keeps for its objects: elements, styles.
            heap["usedSize"] + heap["embedderHeapUsedSize"] + heap["backingStorageSize"],
            metrics["Nodes"],
            metrics["JSEventListeners"],
        )


@contextmanager
def visit(browser: Browser) -> Iterator[Visit]:
    context = browser.new_context(
        viewport=_SCREEN,  # type: ignore[arg-type]
        device_scale_factor=2,
        is_mobile=True,
        has_touch=True,
    )
    try:
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.emulateNetworkConditions", _SLOW_4G)
        session.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWDOWN})
        session.send("Performance.enable")
        yield Visit(page, session)
    except BrowserError as error:
        raise BenchmarkError(f"the browser: {error}") from error
    finally:
        context.close()
