"""What the widget costs the page that embeds it and its visitor, who has a phone on a slow network.

The sample landing page is loaded with and without the widget in turn; `benchmarks/phone.py` is the
visitor.
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
from benchmarks.proxy import https, https_origin
from benchmarks.rounds import in_turn, middle
from benchmarks.servers import HOST, Installation, sandbox
from benchmarks.table import BenchmarkError, Figure
from tests.browser.chromium import find

PAIRS = 20
LOADED = 120
"""Pairs of loads for the paint. It varies by more than the 2 % that must be detected, and the browser
reports it in steps of 4 ms. The mean of the middle half is certain to about 0.3 %."""

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
    """The visits of one side. `loads` end before the visitor acts, `open` and `ended` come after."""

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
    """All visits. `paints` are pairs of pages loaded anew, with and without the widget. `cold` are
    presses that have to fetch the panel, `warm` are those that need not, and `script` are cold ones made
    by the page's own script."""

    carrying: Side = field(default_factory=Side)
    plain: Side = field(default_factory=Side)
    paints: list[tuple[float, float]] = field(default_factory=list)
    cold: list[Press] = field(default_factory=list)
    trips: list[float] = field(default_factory=list)
    warm: list[Press] = field(default_factory=list)
    script: list[Press] = field(default_factory=list)

    def visit_with(self, browser: Browser, at: Addresses) -> None:
        with visit(browser) as one:

            def act() -> None:
                self.cold.append(one.tap())
                self.trips.append(one.round_trip(f"{at.callme}/healthz"))

            self.carrying.take(one, at.page + WITH, act)
            one.load(at.page + WITH)
            one.show_intent()
            self.warm.append(one.tap())
        with visit(browser) as one:
            one.load(at.page + WITH)
            self.script.append(one.press())

    def visit_without(self, browser: Browser, at: Addresses) -> None:
        with visit(browser) as one:
            self.plain.take(one, at.page + WITHOUT, lambda: None)

    def load(self, browser: Browser, at: Addresses) -> None:
        with visit(browser) as one:
            for turn, sides in enumerate(in_turn(LOADED + 1, (WITH, WITHOUT))):
                paints = {side: one.load_anew(at.page + side).paint for side in sides}
                if turn:  # the first is to warm up
                    self.paints.append((paints[WITH], paints[WITHOUT]))

    def added(self, of: Callable[[Side], list[float]]) -> list[float]:
        """How much the widget adds, pair by pair."""
        return [a - b for a, b in zip(of(self.carrying), of(self.plain), strict=True)]


def measure(folder: Path) -> list[Figure]:
    """Without Chromium the figures are not known."""
    folder.mkdir()
    path = find()
    if path is None:
        raise BenchmarkError("no Chromium here; python -m tests.install gets one")
    measured = Measured()
    with _served(folder) as at, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--disable-background-networking", "--ignore-certificate-errors"],
        )
        # The first visit is not measured: it includes what the browser and the server do only once.
        Measured().visit_with(browser, at)
        for sides in in_turn(PAIRS, [measured.visit_with, measured.visit_without]):
            for visit_one in sides:
                visit_one(browser, at)
        measured.load(browser, at)
        browser.close()
    return _figures(measured)


@contextmanager
def _served(folder: Path) -> Iterator[Addresses]:
    """The page, `callme serve`, and the stand-in, which the page's own script polls."""
    at = Addresses(https_origin(), https_origin())
    with listening() as listener, sandbox(folder, delay=1) as vendor:
        installation = Installation(
            folder,
            f"{vendor.origin}/ibp_api.php",
            {"CALLME_PUBLIC_URL": at.callme},
            page_origin=at.page,
        )
        installation.prepare()
        with (
            installation.running("serve") as callme,
            landing(listener, at.callme, vendor.origin),
            https(
                folder,
                {
                    at.page: f"http://{HOST}:{listener.getsockname()[1]}",
                    at.callme: callme.origin,
                },
            ),
        ):
            yield at


def _figures(found: Measured) -> list[Figure]:
    return [
        *_loading(found),
        *_pressing("press to focused field, warm", found.warm, [0.0] * PAIRS, 50),
        *_pressing("press to focused field, cold, - round trip", found.cold, found.trips, 100),
        Figure("  round trip", median(found.trips), "ms"),
        Figure(
            "  cold by the page's script, - round trip",
            median(a.focused - b for a, b in zip(found.script, found.trips, strict=True)),
            "ms",
        ),
        Figure(
            "heap added, panel open",
            median(found.added(lambda side: [one.heap for one in side.open])) / 1e6,
            "MB",
            at_most=1,
            digits=2,
        ),
        *(
            Figure(f"{name} left after destroy()", max(found.added(of)), at_most=0)
            for name, of in (
                ("listeners", lambda side: [one.listeners for one in side.ended]),
                ("nodes", lambda side: [one.nodes for one in side.ended]),
            )
        ),
    ]


def _loading(found: Measured) -> list[Figure]:
    paints = [[pair[side] for pair in found.paints] for side in (0, 1)]
    first = [[one.paint for one in side.loads] for side in (found.carrying, found.plain)]
    tasks = found.added(lambda side: [one.long_tasks for one in side.loads])
    shifts = found.added(lambda side: [one.shift for one in side.acted])
    return [
        Figure("largest paint, with ÷ without", middle(*paints), at_most=1.02, digits=3),
        *_spread([one / other for one, other in zip(*paints, strict=True)], "", 3),
        Figure("  without", median(paints[1]), "ms"),
        Figure("  in a process just started", middle(*first), digits=3),
        # Includes the press. Shifts after a person's press would not count, but to the browser this
        # one is not a person's.
        Figure("layout shift added", max(shifts), at_most=0, digits=4),
        Figure("tasks over 50 ms added to the load", median(tasks), at_most=0, digits=1),
        Figure("  their mean", mean(tasks), digits=1),
    ]


def _pressing(name: str, presses: list[Press], less: list[float], at_most: float) -> list[Figure]:
    """From the click event until the field has focus and is laid out, minus `less`, which is not our
    work."""
    taken = [one.focused - other for one, other in zip(presses, less, strict=True)]
    return [
        Figure(name, median(taken), "ms", at_most=at_most),
        *_spread(taken, "ms"),
        Figure("  until the frame that shows it", median(one.drawn for one in presses), "ms"),
    ]


def _spread(values: list[float], unit: str, digits: int = 0) -> list[Figure]:
    low, _, high = quantiles(values, n=4)
    return [
        Figure("  lower quarter", low, unit, digits=digits),
        Figure("  upper quarter", high, unit, digits=digits),
    ]
