"""What is sent to DialogTech: the vendor's own example, byte for byte, and nothing else."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.helpers.vendors import ScriptedVendor, answer, scripted_vendor
from webapp.providers.base import Answer, CallOrder
from webapp.providers.dialogtech import DialogTech, vendor_number

CONNECTED = answer("Call Connected")


def provider(vendor: ScriptedVendor, keys: tuple[str, str] = ("foo", "bar")) -> DialogTech:
    return DialogTech(vendor.url, *keys, connect_timeout=2, read_timeout=2)


def order(phone: str = "+15551112222", menu_id: str = "55443322") -> CallOrder:
    return CallOrder("a-call", phone, menu_id)


class Sent:
    """The only request that a vendor received."""

    def __init__(self, vendor: ScriptedVendor) -> None:
        (head,) = vendor.heads
        lines = head.decode("ascii").split("\r\n")
        self.method, target, self.version = lines[0].split(" ")
        self.path = urlsplit(target).path
        self.query = parse_qsl(urlsplit(target).query, keep_blank_values=True)
        self.headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        self.host = urlsplit(vendor.url).netloc


def test_the_vendors_own_example_is_sent_as_the_vendor_writes_it() -> None:
    """GET, the five parameters of the vendor's page in its order, and the +1 number as ten digits."""
    with scripted_vendor(CONNECTED) as vendor:
        assert provider(vendor).place_call(order()) is Answer.CONNECTED
        sent = Sent(vendor)
    assert sent.method == "GET"
    assert sent.path == "/ibp_api.php"
    assert sent.query == [
        ("action", "clickto.vr"),
        ("access_key", "foo"),
        ("secret_access_key", "bar"),
        ("menu_id", "55443322"),
        ("phone_to_call", "5551112222"),
    ]
    assert sent.headers == {
        "Host": sent.host,
        "User-Agent": "callme",
        "Accept": "text/plain, */*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def test_keys_of_any_characters_arrive_as_they_are() -> None:
    access, secret = "a+b/c=d&e f", "ü€%20#?"
    with scripted_vendor(CONNECTED) as vendor:
        provider(vendor, (access, secret)).place_call(order())
        assert Sent(vendor).query[1:3] == [("access_key", access), ("secret_access_key", secret)]


@pytest.mark.parametrize(
    ("e164", "digits"),
    [
        ("+12025550100", "2025550100"),
        ("+14165550123", "4165550123"),
        ("+18765550123", "8765550123"),
        ("+442079460018", "442079460018"),
        ("+80012345678", "80012345678"),
        ("+61255501234", "61255501234"),
    ],
    ids=["US", "Canada", "Jamaica", "GB", "no country's", "Australia"],
)
def test_plus_one_numbers_are_sent_without_plus_one_and_others_without_plus(
    e164: str, digits: str
) -> None:
    assert vendor_number(e164) == digits


def test_netrc_and_proxy_variables_are_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a password from ~/.netrc nor a proxy from the environment: both could leak the keys."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login canary password canary\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    with scripted_vendor(CONNECTED) as proxy, scripted_vendor(CONNECTED) as vendor:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        provider(vendor).place_call(order())
        sent = Sent(vendor)
        assert proxy.heads == [], "a proxy got the keys"
    assert "Authorization" not in sent.headers
    assert sent.path == "/ibp_api.php"


def test_a_connection_is_used_once_even_if_the_vendor_would_keep_it() -> None:
    """If the vendor closed it just then, the next request on it would be lost without a trace."""
    opened: list[socket.socket] = []

    def answer_and_stay(connection: socket.socket, head: bytes) -> None:
        opened.append(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nCall Connected")
        connection.settimeout(5)
        assert connection.recv(1) == b"", "the provider hangs up"

    with scripted_vendor(answer_and_stay) as vendor:
        dialogtech = provider(vendor)
        for _ in range(3):
            assert dialogtech.place_call(order()) is Answer.CONNECTED
        assert len(opened) == 3


def test_a_cookie_that_the_vendor_sets_is_not_sent_back() -> None:
    cookie = "Set-Cookie: session=canary; Path=/"
    with scripted_vendor(answer("Call Connected", "200 OK", cookie)) as vendor:
        dialogtech = provider(vendor)
        dialogtech.place_call(order())
        dialogtech.place_call(order())
        assert len(vendor.heads) == 2, "each call has a connection of its own"
        assert all(b"cookie" not in head.lower() for head in vendor.heads)
