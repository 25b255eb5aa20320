"""Visitors who go away in the middle of a request, or send it drop by drop, hold no thread for good."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.helpers.callme import Store
from tests.helpers.processes import GUNICORN, environment, listens_on, running
from tests.helpers.sites import ORIGIN
from tests.helpers.waiting import wait_until
from webapp.server import threads

pytestmark = pytest.mark.process

IN_A_HURRY = """
from webapp import server
from webapp.server import *

server.REQUEST_SECONDS = 1
"""
HEAD = f"POST /api/sites/acme/calls HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n"
FORM = HEAD + "Content-Type: application/x-www-form-urlencoded\r\n"
HALF = {
    "half a head": HEAD,
    "half a body": FORM + "Content-Length: 5000\r\n\r\nphone=",
    "chunks without an end": FORM + "Transfer-Encoding: chunked\r\n\r\n6\r\nphone=\r\n",
}


SILENT = 48
"""Twice as many as there are threads."""


@pytest.fixture
def usual(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Where the server listens as it is."""
    store = Store(tmp_path / "callme.db")
    store.set_up()
    with running(tmp_path, environment(store), "web", "--port", "0") as process:
        listens = urlsplit(listens_on(process))
        assert listens.hostname
        assert listens.port
        yield listens.hostname, listens.port
    store.close()


@pytest.mark.parametrize(
    "sent",
    ["", "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"],
    ids=["who have sent nothing yet", "who were answered and do not hang up"],
)
def test_idle_connections_do_not_delay_other_visitors(usual: tuple[str, int], sent: str) -> None:
    """Browsers open connections ahead, and need not close one that we have closed."""
    wait_until(lambda: is_well(usual), 60, "a server that is up")
    with ExitStack() as stack:
        for _ in range(SILENT):
            stack.enter_context(connected(usual, sent))
        started = time.monotonic()
        wait_until(lambda: is_well(usual), 60, "somebody else's answer")
        # Answered ones hold a thread for two seconds, and there are two for each thread.
        assert time.monotonic() - started < 8


@pytest.fixture
def address(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The address of a real server that has less patience than usual."""
    config = tmp_path / "in_a_hurry.py"
    config.write_text(IN_A_HURRY)
    store = Store(tmp_path / "callme.db")
    store.set_up()
    words = ("--bind", "127.0.0.1:0", "webapp.factory:create_app(dispatcher=False)")
    command = (*GUNICORN, "--config", str(config))
    with running(tmp_path, environment(store), *words, command=command) as process:
        wait_until(lambda: "Booting worker" in process.output, 30, "a server that is up")
        listens = re.search(r"Listening at: http://([\d.]+):(\d+)", process.output)
        assert listens, process.output
        yield listens[1], int(listens[2])
    store.close()


@pytest.mark.parametrize("sent", HALF.values(), ids=HALF)
def test_one_silent_visitor_per_thread_is_disconnected_so_that_others_are_served(
    address: tuple[str, int], sent: str
) -> None:
    with ExitStack() as stack:
        silent = [stack.enter_context(connected(address, sent)) for _ in range(threads)]
        wait_until(lambda: is_well(address), 20, "somebody else's answer")
        wait_until(lambda: all(map(is_hung_up_on, silent)), 20, "the end of all of them")


def test_a_visitor_who_sends_a_form_byte_by_byte_is_disconnected(address: tuple[str, int]) -> None:
    with connected(address, HALF["half a body"]) as dripping:

        def drips_in_vain() -> bool:
            with suppress(OSError):
                dripping.sendall(b"1")
            return is_hung_up_on(dripping)

        wait_until(drips_in_vain, 20, "the end of the connection")
    wait_until(lambda: is_well(address), 20, "somebody else's answer")


def connected(address: tuple[str, int], sent: str) -> socket.socket:
    connection = socket.create_connection(address, timeout=5)
    connection.sendall(sent.encode())
    return connection


def is_well(address: tuple[str, int]) -> bool:
    try:
        return requests.get("http://{}:{}/healthz".format(*address), timeout=2).ok
    except requests.RequestException:
        return False


def is_hung_up_on(connection: socket.socket) -> bool:
    connection.settimeout(0.05)
    try:
        while connection.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True
