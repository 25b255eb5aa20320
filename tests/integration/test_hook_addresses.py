"""Webhooks cannot be used to reach into a private network: real receivers there get nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from flask import Response

from tests.helpers.receivers import SECRET, Receiver, always, receiving, telling
from tests.helpers.vendors import answer, scripted_vendor
from webapp.domain.addresses import may_be_reached
from webapp.domain.clock import utc_now
from webapp.domain.hooks import Hooks
from webapp.domain.masking import hide_number
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError
from webapp.providers import http_public
from webapp.providers.hooks import HookError, HookFailed, HookGone, HookPost


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def send(url: str, *, allow_private: bool = True) -> str:
    return HookPost().send(url, SECRET, allow_private, "msg_1", {"type": "x"}, utc_now())


def failure(url: str, *, allow_private: bool = True) -> str:
    with pytest.raises(HookError) as error:
        send(url, allow_private=allow_private)
    return error.value.reason


def port_of(url: str) -> int:
    return int(url.split(":")[2].split("/")[0])


NEVER = [
    *("169.254.169.254", "224.0.0.1", "239.1.2.3", "0.0.0.0", "240.0.0.1", "255.255.255.255"),
    *("fe80::1", "ff02::1", "::", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::"),
    *("::7f00:1", "2001:0:7f00:1::"),
]
PRIVATE = [
    *("127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1"),
    *("198.18.0.1", "192.0.2.1", "::1", "fc00::1", "fd12::1", "::ffff:10.0.0.1"),
    *("fec0::1", "feff::1"),  # site-local, which private networks used before fc00::/7
]
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", NEVER)
def test_reserved_addresses_are_refused_even_where_private_ones_are_allowed(address: str) -> None:
    assert not may_be_reached(ip_address(address), allow_private=False)
    assert not may_be_reached(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_reached_where_that_is_allowed(address: str) -> None:
    assert not may_be_reached(ip_address(address), allow_private=False)
    assert may_be_reached(ip_address(address), allow_private=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    assert may_be_reached(ip_address(address), allow_private=False)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1", "0.0.0.0"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_private_address_gets_no_request_in_any_spelling(
    receiver: Receiver, scheme: str, host: str
) -> None:
    url = f"{scheme}://{host}:{port_of(receiver.url)}/told"
    assert failure(url, allow_private=False) == "address_not_public"
    assert receiver.got == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_a_private_address_is_not_followed(receiver: Receiver, status: int) -> None:
    """No other redirect is followed either, as only the owner's address is checked."""
    with receiving(always(status, Location=receiver.url)) as first:
        assert failure(first.url) == "redirected"
    assert len(first.got) == 1
    assert receiver.got == []


def leading_to(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Make names resolve to these addresses, one answer after the other; returns the names asked for."""
    resolved: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if not str(host).endswith(".example"):
            return real(host, port, *more, **named)
        resolved.append(str(host))
        found = answers[min(len(resolved), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return resolved


def test_a_name_with_one_private_address_among_others_is_refused(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    leading_to(monkeypatch, ["93.184.216.34", "127.0.0.1"])
    url = f"http://mixed.example:{port_of(receiver.url)}/told"
    assert failure(url, allow_private=False) == "address_not_public"
    assert receiver.got == []


def test_a_host_name_is_resolved_once_for_check_and_connection(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    """The address that was checked is the one that is connected to, and Host stays the name."""
    resolved = leading_to(monkeypatch, ["127.0.0.1"], ["127.0.0.99"])
    url = f"http://rebinding.example:{port_of(receiver.url)}/told"
    assert send(url) == "http_204"
    assert resolved == ["rebinding.example"]
    assert receiver.got[0].headers["Host"] == f"rebinding.example:{port_of(receiver.url)}"


def test_a_receiver_with_an_untrusted_certificate_gets_no_request() -> None:
    with scripted_vendor(answer("ok"), tls=True) as stranger:
        assert failure(stranger.url) == "certificate_not_trusted"
        assert stranger.heads == []


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/told", "connect_failed"),
        ("https://nobody.invalid/told", "connect_failed"),
    ],
)
def test_an_unreachable_receiver_is_a_failure_with_its_reason(url: str, reason: str) -> None:
    assert failure(url) == reason


def test_a_receiver_that_trickles_bytes_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time, but they never end."""
    monkeypatch.setattr(http_public, "TOTAL_SECONDS", 0.5)

    def trickle(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 20")
        while not vendor.pace(0.05):
            connection.sendall(b"0")

    with scripted_vendor(trickle) as vendor:
        assert failure(vendor.url).startswith("no_answer")


def test_only_the_status_of_an_endless_answer_is_read() -> None:
    """Only a receiver's status matters; the body of its response is not read."""

    def flood(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
        while not vendor.pace(0):
            connection.sendall(b"x" * 65536)

    with scripted_vendor(flood) as vendor:
        assert send(vendor.url) == "http_200"


def test_status_410_means_gone_and_404_means_failed(receiver: Receiver) -> None:
    receiver.answer = always(410)
    with pytest.raises(HookGone):
        send(receiver.url)
    receiver.answer = lambda _: Response(status=404)
    with pytest.raises(HookFailed, match="http_404"):
        send(receiver.url)


def faults(**changes: object) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        parse_sites(telling(**{"url": "https://hooks.acme.example/x", **changes}), "sites.toml")  # type: ignore[arg-type]
    return "\n".join(refusal.value.faults)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": "http://hooks.acme.example/x"}, "url must be https"),
        ({"url": "http://127.0.0.1/x", "allow_private": False}, "url must be https"),
        ({"url": "https://10.0.0.1/x", "allow_private": False}, "url is a private address"),
        ({"url": "https://169.254.169.254/x"}, "url is a private address"),
        (
            {"url": "https://user:pa55word@hooks.acme.example/x"},
            "acme.hooks.url: must have no user",
        ),
        ({"url": "ftp://hooks.acme.example/x"}, "acme.hooks.url: must be an https address"),
        ({"url": "https://a b/x"}, "acme.hooks.url: must be an https address"),
        ({"url": "https://me:pa55word@fußball.example/x"}, "acme.hooks.url: must have no user"),
        ({"url": "https://fußball.example/ü"}, "acme.hooks.url: must be an https address"),
        ({"url": "https:///x"}, "acme.hooks.url: must be an https address"),
        ({"secret": None}, "url and secret belong together"),
        ({"secret": "whsec_c2hvcnQ="}, "acme.hooks.secret: must be whsec_"),
        ({"secret": "my-secret-in-plain-words"}, "acme.hooks.secret: must be whsec_"),
        ({"events": ["call.made"]}, "'call.made' is no event; there are: call.accepted,"),
        (
            {"post_call_secret": "short"},
            "acme.hooks.post_call_secret: must be 24 to 200 letters, digits, - and _",
        ),
    ],
    ids=str,
)
def test_an_invalid_hooks_table_is_refused_without_repeating_a_secret(
    changes: dict[str, object], said: str
) -> None:
    fault = faults(**changes)
    assert said in fault
    for secret in (SECRET, "my-secret-in-plain-words", "pa55word", '"short"'):
        assert secret not in fault


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://hooks.fußball.example/x?y=1", "https://hooks.xn--fuball-cta.example/x?y=1"),
        ("https://Bücher.example:8443/x", "https://xn--bcher-kva.example:8443/x"),
    ],
)
def test_a_hosts_name_may_be_in_any_script(written: str, asked: str) -> None:
    assert parse_sites(telling(written), "sites.toml")["acme"].hooks.url == asked


def test_secrets_are_in_no_repr() -> None:
    site = parse_sites(telling("https://hooks.acme.example/x"), "sites.toml")["acme"]
    assert site.hooks.secret == SECRET
    assert SECRET not in repr(site)
    assert "only-for-tests-post-call" not in repr(site)
    assert isinstance(site.hooks, Hooks)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tel=%28202%29%20555-0143&x=123456789", "tel=%********43&x=123456789"),
        ("+1 202.555.0143", "********43"),
        ("5550143 and 5550144", "********43 and 5550144"),
        ("nothing", "nothing"),
    ],
)
def test_a_number_is_hidden_in_all_its_spellings_and_no_other_digits(text: str, shown: str) -> None:
    assert hide_number(text, "+12025550143") == shown


def test_hide_number_with_an_empty_number_hides_nothing() -> None:
    assert hide_number("12", "") == "12"
