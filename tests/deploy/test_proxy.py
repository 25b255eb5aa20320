"""Proxies themselves, configured as we ship them and as the guide says, in front of processes that come
and go."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.deploy.proxies import OF_THE_GUIDE, Process, answer, caddy
from tests.helpers.vendors import served
from tests.helpers.waiting import wait_until

Proxy = Callable[[Path, str], AbstractContextManager[str]]
PROXIES: dict[str, Proxy] = {
    "our Caddyfile": lambda folder, process: caddy(folder, process, process),
    **OF_THE_GUIDE,
}
every_proxy = pytest.mark.parametrize("proxy", PROXIES.values(), ids=PROXIES)


def test_the_proxy_skips_a_process_that_is_not_ready(tmp_path: Path) -> None:
    one, two = Process("one"), Process("two")

    def is_asked() -> set[str]:
        answers = [answer(origin) for _ in range(6)]
        assert all(answers), answers
        return {body for _, body in filter(None, answers)}

    with (
        served(one.app()) as first,
        served(two.app()) as second,
        caddy(tmp_path, first, second) as origin,
    ):
        wait_until(lambda: is_asked() == {"one", "two"}, 15, "both")
        two.ready = False
        wait_until(lambda: is_asked() == {"one"}, 15, "the one that is ready")
        two.ready = True
        wait_until(lambda: is_asked() == {"one", "two"}, 15, "both again")
        one.ready = two.ready = False
        wait_until(lambda: answer(origin) == (503, "one"), 15, "Callme's own words")


@every_proxy
def test_the_proxy_forwards_a_form_only_when_it_is_complete(tmp_path: Path, proxy: Proxy) -> None:
    """Each of Callme's threads serves one visitor: none may wait for somebody who sends slowly."""
    one = Process("one")
    head = b"POST /form/slow HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
    with served(one.app()) as first, proxy(tmp_path, first) as origin:
        address = urlsplit(origin).netloc
        host, _, port = address.partition(":")
        with socket.create_connection((host, int(port)), timeout=10) as slow:
            slow.sendall(head % address.encode() + b"half")
            for _ in range(20):
                assert requests.post(f"{origin}/form/quick", "whole", timeout=10).text == "whole"
            assert "slow" not in one.forms
            slow.sendall(b" more")
            with slow.makefile("rb") as answered:
                assert answered.read().endswith(b"half more")
        assert one.forms.count("slow") == 1


@every_proxy
def test_a_visitor_cannot_choose_the_address_that_is_counted(tmp_path: Path, proxy: Proxy) -> None:
    """Of the last hop, which is all that Callme believes of X-Forwarded-For, the proxy is the author."""
    forged = {"X-Forwarded-For": "203.0.113.7"}
    with served(Process("one").app()) as first, proxy(tmp_path, first) as origin:
        forwarded = requests.get(f"{origin}/from", headers=forged, timeout=10).text
    assert forwarded.split(", ")[-1] == "127.0.0.1"


def test_the_proxy_answers_every_request_after_a_process_was_killed(tmp_path: Path) -> None:
    one, two = Process("one"), Process("two")
    with served(one.app()) as first, ExitStack() as living:
        second = living.enter_context(served(two.app()))
        with caddy(tmp_path, first, second) as origin:
            living.close()
            assert [answer(origin) for _ in range(8)] == [(200, "one")] * 8
