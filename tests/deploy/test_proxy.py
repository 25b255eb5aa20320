"""Caddy itself, with our Caddyfile, in front of two processes that come and go."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests
from flask import Flask, Response
from flask import request as asked

from tests.deploy.packaged import packaged
from tests.helpers.stores import free_port
from tests.helpers.vendors import served
from tests.helpers.waiting import wait_until

CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"


@dataclass
class Process:
    """What Caddy sees of a `callme web`."""

    name: str
    ready: bool = True
    forms: list[str] = field(default_factory=list)
    """Where forms were sent to, noted before any of their bodies was read."""

    def app(self) -> Flask:
        app = Flask(self.name)
        app.add_url_rule("/form/<name>", "form", self.take, methods=["POST"])
        app.add_url_rule("/readyz", "readyz", lambda: Response(status=200 if self.ready else 503))
        app.add_url_rule("/", "who", lambda: Response(self.name, 200 if self.ready else 503))
        return app

    def take(self, name: str) -> str:
        self.forms.append(name)
        return asked.get_data(as_text=True)


@contextmanager
def caddy(folder: Path, first: str, second: str) -> Iterator[str]:
    """The proxy on a free port, before two processes in place of the containers; gives its origin."""
    origin = f"http://127.0.0.1:{free_port()}"
    text = CADDYFILE.read_text("utf-8")
    for container, address in {"callme-web-1": first, "callme-web-2": second, "web": first}.items():
        text, count = re.subn(rf"(?<= ){container}:8000", address.removeprefix("http://"), text)
        assert count == 1, container
    here = folder / "Caddyfile"
    here.write_text(f"{{\n\tadmin off\n}}\n{text}", "utf-8")
    process = subprocess.Popen(
        [packaged("caddy"), "run", "--config", here, "--adapter", "caddyfile"],
        env={**os.environ, "CALLME_PUBLIC_URL": origin, "HOME": str(folder)},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: answer(origin), 20, "the proxy")
        yield origin
    finally:
        process.terminate()
        process.wait(20)


def answer(origin: str) -> tuple[int, str] | None:
    """Status and body; None while nobody listens."""
    try:
        got = requests.get(f"{origin}/", timeout=10)
    except requests.ConnectionError:
        return None
    return got.status_code, got.text


def test_who_is_not_ready_is_asked_nothing_and_who_is_gone_is_passed_over(tmp_path: Path) -> None:
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


def test_a_form_reaches_no_process_before_all_of_it_is_there(tmp_path: Path) -> None:
    """Each of Callme's threads serves one visitor: none may wait for somebody who sends slowly."""
    one = Process("one")
    head = b"POST /form/slow HTTP/1.1\r\nHost: %s\r\nContent-Length: 9\r\nConnection: close\r\n\r\n"
    with served(one.app()) as first, caddy(tmp_path, first, first) as origin:
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


def test_a_process_that_was_killed_costs_no_answer(tmp_path: Path) -> None:
    one, two = Process("one"), Process("two")
    with served(one.app()) as first, ExitStack() as living:
        second = living.enter_context(served(two.app()))
        with caddy(tmp_path, first, second) as origin:
            living.close()
            assert [answer(origin) for _ in range(8)] == [(200, "one")] * 8
