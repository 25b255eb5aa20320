"""The demo: its landing page, Callme and the stand-in, as processes of the command or in this one."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.browser.cross_site import callme_on_the_wire
from tests.helpers.clock import ClockAhead
from tests.helpers.sites import site, sites_toml
from tests.helpers.vendors import Held, served, stand_in
from webapp.domain.clock import utc_now
from webapp.domain.tokens import MIN_AGE
from webapp.listening import listen, origin_of
from webapp.sandbox.landing import SITE_KEY, create_landing, sample_sites
from webapp.sandbox.planned import Planned

START_SECONDS = 60
RINGS_SECONDS = 1.0
"""How long a phone rings with the usual outcome, as in the demo."""


@dataclass(frozen=True)
class Demo:
    """A running demo: the landing page's address, Callme's and the stand-in's."""

    url: str
    callme_url: str
    sandbox_url: str

    def received(self, phone: str) -> list[dict[str, str]]:
        """What the stand-in got for a number, oldest first."""
        calls = requests.get(f"{self.sandbox_url}/_sandbox/calls", timeout=5).json()
        return [call for call in calls if call["query"].get("phone_to_call") == phone]


@dataclass(frozen=True)
class DemoHere(Demo):
    """One that runs in the tests' process: its clock can be moved, and phones ring as long as told."""

    clock: ClockAhead
    held: Held

    def let_a_moment_pass(self) -> None:
        """A form that was just opened is believed from now on."""
        self.clock.move(MIN_AGE.total_seconds())


@contextmanager
def demo_here(folder: Path, *, read_timeout: float, puzzles: bool = False) -> Iterator[DemoHere]:
    """On three origins and with the policy and sites of the command's. A visitor's address is what
    X-Forwarded-For says. Without `puzzles` many tests in a minute are not taken for an attack."""
    clock, held = ClockAhead(), Held()
    with (
        stand_in(RINGS_SECONDS, held.wrap) as vendor,
        listen("127.0.0.1", 0) as listener,
        callme_on_the_wire(
            folder,
            vendor.url,
            _sample_site(origin_of(listener), None if puzzles else "never"),
            dialogtech_read_timeout=read_timeout,
            clock=clock,
            each_from_elsewhere=False,
        ) as (callme_url, callme),
        served(
            create_landing(callme_url, vendor.origin, Planned(callme.store.database, clock)),
            listener,
        ) as origin,
    ):
        try:
            yield DemoHere(f"{origin}/", callme_url, vendor.origin, clock, held)
        finally:
            held.let_all_go()


def _sample_site(origin: str, proof_of_work: str | None) -> str:
    table = tomllib.loads(sample_sites([origin], utc_now()))[SITE_KEY]
    return sites_toml(**{SITE_KEY: site(table, proof_of_work=proof_of_work)})


@contextmanager
def running_demo() -> Iterator[Demo]:
    """`callme demo`, in processes of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp", "demo", "--port", "0"],
        env={**os.environ, "CALLME_TRUSTED_PROXY_HOPS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    output: list[str] = []
    started = threading.Event()

    def collect() -> None:
        assert process.stdout
        with process.stdout:
            for line in process.stdout:
                output.append(line)
                printed = "".join(output)
                if "demo is at" in printed and "Booting worker" in printed:
                    started.set()

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        assert started.wait(START_SECONDS), "callme demo did not start:\n" + "".join(output)
        yield _addresses("".join(output))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        finally:
            process.kill()
            collector.join(5)


def _addresses(printed: str) -> Demo:
    """The landing page's address as printed; the other two as its policy names them."""
    url = re.search(r"http://\S+/", printed)
    assert url, "callme demo printed no address:\n" + printed
    policy = requests.get(url[0], timeout=5).headers["Content-Security-Policy"]
    connect = re.search(r"connect-src 'self' (\S+) ([^;\s]+)", policy)
    assert connect, f"the landing page's policy names no server: {policy}"
    return Demo(url[0], connect[1], connect[2])
