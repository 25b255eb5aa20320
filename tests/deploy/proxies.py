"""Proxies in front of what stands in for Callme: Caddy with our Caddyfile, and what the guide has for
Caddy and nginx."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from flask import Flask, Response
from flask import request as asked

from tests.deploy.packaged import packaged
from tests.helpers.programs import PROGRAMS, need
from tests.helpers.stores import free_port
from tests.helpers.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
GUIDE = Path(__file__).parents[2] / "docs" / "deployment.md"
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
	access_log off;
	client_body_temp_path {folder}/body;
	proxy_temp_path {folder}/proxy;
	fastcgi_temp_path {folder}/fastcgi;
	uwsgi_temp_path {folder}/uwsgi;
	scgi_temp_path {folder}/scgi;
	server {{
		listen {address};
		{block}
	}}
}}
"""


@dataclass
class Process:
    """What the proxy sees of a `callme web`."""

    name: str
    ready: bool = True
    forms: list[str] = field(default_factory=list)
    """Where forms were sent to, noted before any of their bodies was read."""

    def app(self) -> Flask:
        app = Flask(self.name)
        app.add_url_rule("/form/<name>", "form", self.take, methods=["POST"])
        app.add_url_rule("/readyz", "readyz", lambda: Response(status=200 if self.ready else 503))
        app.add_url_rule("/", "who", lambda: Response(self.name, 200 if self.ready else 503))
        app.add_url_rule("/from", "from", lambda: asked.headers["X-Forwarded-For"])
        return app

    def take(self, name: str) -> str:
        self.forms.append(name)
        return asked.get_data(as_text=True)


def answer(origin: str) -> tuple[int, str] | None:
    """Status and body; None while nobody listens."""
    try:
        got = requests.get(f"{origin}/", timeout=10)
    except requests.ConnectionError:
        return None
    return got.status_code, got.text


def caddy(folder: Path, first: str, second: str) -> AbstractContextManager[str]:
    """With our Caddyfile, before two processes in place of the containers; gives its origin."""
    text = (DEPLOY / "Caddyfile").read_text("utf-8")
    for container, process in {"callme-web-1": first, "callme-web-2": second, "web": first}.items():
        text = replaced(rf"(?<= ){container}:8000", process.removeprefix("http://"), text)
    return _caddy(folder, text)


def caddy_of_the_guide(folder: Path, process: str) -> AbstractContextManager[str]:
    text = replaced("127.0.0.1:8000", process.removeprefix("http://"), block(r"callme\.example \{"))
    return _caddy(folder, replaced(r"callme\.example", "{$CALLME_PUBLIC_URL}", text))


def nginx_of_the_guide(folder: Path, process: str) -> AbstractContextManager[str]:
    need("nginx")
    program = str(PROGRAMS["nginx"].find())
    location = replaced("http://127.0.0.1:8000", process, block(r"location / \{"))
    address = f"127.0.0.1:{free_port()}"
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, address=address, block=location), "utf-8")
    command = (program, "-c", str(config), "-e", str(folder / "error.log"))
    return _running(command, f"http://{address}")


OF_THE_GUIDE: dict[str, Callable[[Path, str], AbstractContextManager[str]]] = {
    "Caddy": caddy_of_the_guide,
    "nginx": nginx_of_the_guide,
}


def block(start: str) -> str:
    """The part of the guide between lines of ``` that begins like this."""
    found = re.search(
        rf"^```\w*\n({start}.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    assert found, f"the guide has no such part: {start}"
    return found[1]


def replaced(pattern: str, by: str, text: str) -> str:
    text, count = re.subn(pattern, by, text)
    assert count == 1, pattern
    return text


def _caddy(folder: Path, text: str) -> AbstractContextManager[str]:
    origin = f"http://127.0.0.1:{free_port()}"
    config = folder / "Caddyfile"
    config.write_text(f"{{\n\tadmin off\n}}\n{text}", "utf-8")
    command = (str(packaged("caddy")), "run", "--config", str(config), "--adapter", "caddyfile")
    return _running(command, origin, CALLME_PUBLIC_URL=origin, HOME=str(folder))


@contextmanager
def _running(command: tuple[str, ...], origin: str, **more: str) -> Iterator[str]:
    process = subprocess.Popen(
        command, env=os.environ | more, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: answer(origin), 20, "the proxy")
        yield origin
    finally:
        process.terminate()
        process.wait(20)
