"""Requests leave through the proxy that the settings name, and trust the CA that they name."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import Store
from tests.helpers.processes import environment, run, running, visitor_of
from tests.helpers.vendors import UNTRUSTED, ScriptedVendor, answer, scripted_vendor
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.listening import listen
from webapp.providers.base import Answer, CallOrder, NotSent
from webapp.providers.captcha import SERVICES, Captcha
from webapp.providers.dialogtech import DialogTech
from webapp.providers.hooks import HookFailed, HookPost
from webapp.providers.http import WayOut

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"


class Proxy:
    """An imitation of a company's proxy: it knows CONNECT, and every name is this machine."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.asked: list[str] = []
        self.refuses = False
        self._listener = listener

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def _tunnel(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head and (more := client.recv(4096)):
                head += more
            method, target, _ = head.decode().split(" ", 2)
            self.asked.append(f"{method} {target}")
            if self.refuses:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", int(target.rpartition(":")[2]))) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                back = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
                back.start()
                _pass_on(client, server)
                back.join(10)


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with listen("127.0.0.1", 0) as listener:
        running_one = Proxy(listener)
        thread = threading.Thread(target=running_one.serve, daemon=True)
        thread.start()
        yield running_one
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def far_away(body: str) -> Iterator[tuple[ScriptedVendor, str]]:
    """A server with TLS, and its address by a name that is not taken for this machine's."""

    def read_and_answer(connection: socket.socket, head: bytes) -> None:
        start, _, sent = head.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", start)
        while length and len(sent) < int(length[1]):
            sent += connection.recv(4096)
        answer(body)(connection, head)

    with scripted_vendor(read_and_answer, tls=True) as server:
        yield server, server.url.replace("127.0.0.1", "localhost.")


def place(url: str, way_out: WayOut) -> Answer:
    provider = DialogTech(url, "a", "b", 2, 2, way_out=way_out)
    return provider.place_call(CallOrder("a-call", "+12025550100", "55443322"))


def test_the_vendor_is_asked_through_the_proxy(proxy: Proxy) -> None:
    with far_away("Call Connected") as (vendor, url):
        assert place(url, WayOut(proxy.url, str(UNTRUSTED))) is Answer.CONNECTED
        assert len(vendor.heads) == 1
    assert [head.partition(":")[0] for head in proxy.asked] == ["CONNECT localhost."]


def test_requests_to_this_machine_bypass_the_proxy(proxy: Proxy) -> None:
    with scripted_vendor(answer("Call Connected")) as vendor:
        assert place(vendor.url, WayOut(proxy.url)) is Answer.CONNECTED
    assert proxy.asked == []


def test_proxy_variables_of_the_environment_are_ignored(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", proxy.url)
    with scripted_vendor(answer("Call Connected"), tls=True) as vendor:
        assert place(vendor.url, WayOut(ca_file=str(UNTRUSTED))) is Answer.CONNECTED
    assert proxy.asked == []


def test_a_proxy_that_refuses_or_is_away_got_no_keys(proxy: Proxy) -> None:
    with far_away("Call Connected") as (vendor, url):
        proxy.refuses = True
        for through in (proxy.url, "http://127.0.0.1:1"):
            with pytest.raises(NotSent, match="proxy_failed"):
                place(url, WayOut(through, str(UNTRUSTED)))
        assert vendor.heads == []


@pytest.mark.parametrize("proxied", [False, True])
def test_a_certificate_is_trusted_only_if_its_ca_is_named(proxy: Proxy, proxied: bool) -> None:
    through = proxy.url if proxied else ""
    with far_away("Call Connected") as (vendor, name):
        url = name if proxied else vendor.url
        with pytest.raises(NotSent, match="certificate_not_trusted"):
            place(url, WayOut(through))
        assert vendor.heads == []
        assert place(url, WayOut(through, str(UNTRUSTED))) is Answer.CONNECTED


def test_captcha_and_hooks_use_the_proxy_and_ca_file(proxy: Proxy) -> None:
    way_out = WayOut(proxy.url, str(UNTRUSTED))
    verdict = {"success": True, "hostname": "www.acme.example"}
    with far_away(json.dumps(verdict)) as (_, url):
        captcha = Captcha(SERVICES["turnstile"], "site", "secret", url, way_out=way_out)
        captcha.check("answer", ["www.acme.example"])
    with far_away("thanks") as (_, url):
        message: Any = ("msg_1", {"type": "x"}, utc_now())
        assert HookPost(way_out).send(url, SECRET, True, *message) == "http_200"
        with pytest.raises(HookFailed, match="address_not_public"):
            HookPost(way_out).send("https://127.0.0.1/x", SECRET, False, *message)
    assert len(proxy.asked) == 2


@pytest.mark.process
def test_proxy_url_and_ca_file_apply_to_calls_and_check(tmp_path: Path, proxy: Proxy) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up()
    with far_away("Call Connected") as (_, url):
        ways = {
            "proxy_url": proxy.url,
            "ca_file": UNTRUSTED,
            "public_url": "https://callme.example",
        }
        settings = environment(store, url, **ways)
        assert run(tmp_path, settings, "check").stdout == "all is well\n"
        with running(tmp_path, settings, "serve", "--port", "0") as server:
            call = visitor_of(server).ask_for_call()
            wait_until(lambda: store.status(call) is CallStatus.CONNECTED, 20, "the call")
        checked = run(tmp_path, environment(store, url, **ways | {"ca_file": ""}), "check")
        assert "cannot be reached: certificate_not_trusted" in checked.stderr
    store.close()
