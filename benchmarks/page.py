"""What the widget costs the page that carries it, and its visitor: a phone on a slow network.

The sample landing page with the widget and without, in turn; `benchmarks/phone.py` is the visitor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median, quantiles

from playwright.sync_api import Browser, sync_playwright

from benchmarks.landing import WITH, WITHOUT, landing, listening
from benchmarks.phone import Left, Load, Press, Visit, visit
from benchmarks.rounds import ratio
from benchmarks.servers import HOST, Installation, sandbox
from benchmarks.table import BenchmarkError, Figure
from tests.browser.chromium import find

PAIRS = 12
_END = """() => {
  window.Callme?.destroy();
  document.querySelector("call-me").remove();  // the page's own, with or without us
}"""


@dataclass(frozen=True, slots=True)
class Addresses:
    page: str
    callme: str


@dataclass
class Side:
    """The visits of one side. `loads` end before anybody acts, `open` and `ended` are of after it."""

    loads: list[Load] = field(default_factory=list)
    acted: list[Load] = field(default_factory=list)
    open: list[Left] = field(default_factory=list)
    ended: list[Left] = field(default_factory=list)

    def take(self, one: Visit, address: str, act: Callable[[], None]) -> None:
        self.loads.append(one.load(address))
        act()
        self.acted.append(one.so_far())
        self.open.append(one.left())
        one.run(_END)
        self.ended.append(one.left())


@dataclass
class Measured:
    """Visit by visit; `cold` are presses that have to fetch the panel, `warm` those that need not."""

    carrying: Side = field(default_factory=Side)
    plain: Side = field(default_factory=Side)
    cold: list[Press] = field(default_factory=list)
    round_trips: list[float] = field(default_factory=list)
    warm: list[Press] = field(default_factory=list)

    def visit_with(self, browser: Browser, at: Addresses) -> None:
        with visit(browser) as one:

            def act() -> None:
                self.cold.append(one.press())
                self.round_trips.append(one.round_trip(f"{at.callme}/healthz"))

            self.carrying.take(one, at.page + WITH, act)
            one.load(at.page + WITH)
            one.show_intent()
            self.warm.append(one.press())

    def visit_without(self, browser: Browser, at: Addresses) -> None:
        with visit(browser) as one:
            self.plain.take(one, at.page + WITHOUT, lambda: None)

    def added(self, of: Callable[[Side], list[float]]) -> list[float]:
        """Pair by pair."""
        return [a - b for a, b in zip(of(self.carrying), of(self.plain), strict=True)]


def measure(folder: Path) -> list[Figure]:
    """Without a Chromium the figures are not known."""
    folder.mkdir()
    path = find()
    if path is None:
        raise BenchmarkError("no Chromium here; python -m tests.install gets one")
    measured = Measured()
    with _served(folder) as at, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--disable-background-networking"]
        )
        # The first visit pays for what the browser and the server do only once.
        Measured().visit_with(browser, at)
        for turn in range(PAIRS):
            sides = [measured.visit_with, measured.visit_without]
            for side in sides if turn % 2 else reversed(sides):
                side(browser, at)
        browser.close()
    return _figures(measured)


@contextmanager
def _served(folder: Path) -> Iterator[Addresses]:
    """The page, `callme serve`, and the stand-in that the page's own script asks for news."""
    with listening() as listener, sandbox(folder, delay=1) as vendor:
        page = f"http://{HOST}:{listener.getsockname()[1]}"
        installation = Installation(folder, f"{vendor.origin}/ibp_api.php", page_origin=page)
        installation.prepare()
        with (
            installation.running("serve") as callme,
            landing(listener, callme.origin, vendor.origin),
        ):
            yield Addresses(page, callme.origin)


def _figures(found: Measured) -> list[Figure]:
    paints = [[one.paint for one in side.loads] for side in (found.carrying, found.plain)]
    tasks = found.added(lambda side: [one.long_tasks for one in side.acted])
    shifts = found.added(lambda side: [one.shift for one in side.acted])
    heap = found.added(lambda side: [one.heap for one in side.open])
    nodes = found.added(lambda side: [one.nodes for one in side.ended])
    listeners = found.added(lambda side: [one.listeners for one in side.ended])
    cold = [one.usable for one in found.cold]
    warm = [one.usable for one in found.warm]
    beyond = [one - trip for one, trip in zip(cold, found.round_trips, strict=True)]
    return [
        Figure("largest paint, with ÷ without", ratio(*paints), at_most=1.02, digits=3),
        Figure("  without the widget", median(paints[1]), "ms"),
        *_spread([one / other for one, other in zip(*paints, strict=True)], "", 3),
        Figure("layout shift added", max(shifts), at_most=0, digits=4),
        Figure("tasks over 50 ms added", median(tasks), at_most=0),
        Figure("  their mean", mean(tasks), digits=2),
        Figure("press to usable field, warm", median(warm), "ms", at_most=50),
        *_spread(warm, "ms"),
        Figure("press to usable field, cold, less a round trip", median(beyond), "ms", at_most=100),
        *_spread(beyond, "ms"),
        Figure("  round trip", median(found.round_trips), "ms"),
        Figure("  until the field has focus", median(one.focused for one in found.cold), "ms"),
        Figure("heap added, panel open", median(heap) / 1e6, "MB", at_most=1, digits=2),
        Figure("listeners left after destroy()", max(listeners), at_most=0),
        Figure("nodes left after destroy()", max(nodes), at_most=0),
    ]


def _spread(values: list[float], unit: str, digits: int = 0) -> list[Figure]:
    low, _, high = quantiles(values, n=4)
    return [
        Figure("  lower quarter", low, unit, digits=digits),
        Figure("  upper quarter", high, unit, digits=digits),
    ]
