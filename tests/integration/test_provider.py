"""Each failure is classified: the order was never received, was declined, or was perhaps received."""

from __future__ import annotations

import socket
import struct
import time
import traceback
from contextlib import ExitStack

import pytest

from tests.helpers.vendors import Script, answer, scripted_vendor
from tests.helpers.waiting import wait_until
from webapp.listening import listen
from webapp.providers.base import (
    Answer,
    CallOrder,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Refused,
)
from webapp.providers.dialogtech import DialogTech

ACCESS, SECRET = "canary access/key+1", "canary-secret=2"
PHONE = "+12025550100"
SHORT = 0.4


def place(url: str, connect_timeout: float = 2, read_timeout: float = 2) -> Answer:
    provider = DialogTech(url, ACCESS, SECRET, connect_timeout, read_timeout)
    return provider.place_call(CallOrder("a-call", PHONE, "55443322"))


def failure(url: str, **timeouts: float) -> ProviderError:
    """How placing a call fails. The error and its causes must contain no key and no number."""
    with pytest.raises(ProviderError) as failed:
        place(url, **timeouts)
    error: BaseException | None = failed.value
    said = "".join(traceback.format_exception(failed.value))
    while error:
        said += f"{error}{error!r}"
        error = error.__cause__ or error.__context__
    for canary in ("canary", "2025550100", "555-0100", "ibp_api"):
        assert canary not in said, f"{canary} is in: {said}"
    return failed.value


def closed_port() -> int:
    with listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
    return port


# Never received: safe to repeat.


def test_a_host_without_an_address_was_never_reached() -> None:
    error = failure("https://vendor.invalid/ibp_api.php")
    assert isinstance(error, NotSent)
    assert error.reason == "connect_failed"


def test_a_host_that_is_no_name_was_never_reached() -> None:
    assert isinstance(failure(f"https://{'a' * 70}.invalid/ibp_api.php"), NotSent)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_nobody_listens_on_was_never_reached(scheme: str) -> None:
    error = failure(f"{scheme}://127.0.0.1:{closed_port()}/ibp_api.php")
    assert isinstance(error, NotSent)
    assert error.reason == "connect_failed"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_takes_no_connection_in_time_was_never_reached(scheme: str) -> None:
    """A listener with a full queue drops further connections, as a firewall would."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address = listener.getsockname()
        waiting = [stack.enter_context(socket.socket()) for _ in range(8)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        error = failure(f"{scheme}://127.0.0.1:{address[1]}/ibp_api.php", connect_timeout=SHORT)
    assert isinstance(error, NotSent)
    assert error.reason == "connect_timeout"


def test_a_port_that_speaks_no_tls_was_never_reached() -> None:
    with scripted_vendor(answer("Call Connected"), greeting=b"220 mail.example\r\n") as vendor:
        error = failure(vendor.url.replace("http:", "https:"))
    assert isinstance(error, NotSent)
    assert error.reason == "connect_failed"


def test_a_tls_handshake_without_an_answer_was_never_reached() -> None:
    def silence(connection: socket.socket, _head: bytes) -> None:
        connection.recv(1)

    with scripted_vendor(silence) as vendor:
        error = failure(vendor.url.replace("http:", "https:"), connect_timeout=SHORT)
    assert isinstance(error, NotSent)


def test_a_certificate_that_nobody_vouches_for_gets_no_keys() -> None:
    with scripted_vendor(answer("Call Connected"), tls=True) as vendor:
        error = failure(vendor.url)
        assert isinstance(error, NotSent)
        assert error.reason == "certificate_not_trusted"
        assert vendor.heads == []


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        pytest.param("503 Busy", "Retry-After: 7", 7, id="503 with seconds"),
        pytest.param("429 Slow down", "Retry-After: 7", 7, id="429 with seconds"),
        pytest.param("503 Busy", "X: y", None, id="503 without"),
        pytest.param("503 Busy", "Retry-After: 86400", 120, id="a day is cut"),
        pytest.param("503 Busy", "Retry-After: -1", None, id="negative"),
        pytest.param("503 Busy", "Retry-After: Mon, 23 Nov 2026 12:00:00 GMT", None, id="a date"),
        pytest.param("503 Busy", "Retry-After: ", None, id="empty"),
    ],
)
def test_an_overloaded_vendor_did_not_take_the_call(
    status: str, header: str, wait: float | None
) -> None:
    with scripted_vendor(answer("", status, header)) as vendor:
        error = failure(vendor.url)
    assert isinstance(error, NotSent)
    assert error.retry_after == wait
    assert error.reason == f"http_{status[:3]}"


# Received and declined: final.


@pytest.mark.parametrize("code", [201, 204, 300, 301, 302, 307, 308, 400, 401, 403, 404, 410, 418])
def test_every_other_status_below_500_is_a_refusal(code: int) -> None:
    with scripted_vendor(answer("", f"{code} So", "Location: /elsewhere")) as vendor:
        error = failure(vendor.url)
        assert len(vendor.heads) == 1, "a redirect was followed, keys in hand"
    assert isinstance(error, Refused)
    assert error.reason == f"http_{code}"
    assert not error.explained


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        pytest.param("", "empty", id="nothing"),
        pytest.param(" \r\n\t ", "empty", id="blanks"),
        pytest.param("Call Disconnected", "Call Disconnected", id="nearly right"),
        pytest.param("Call Connected to nobody", "Call Connected to nobody", id="more than right"),
        pytest.param(
            "Invalid  menu\r\nid\0\x1b[31m", "Invalid menu id [31m", id="control characters"
        ),
        pytest.param(b"\xff\xfe\xc3(", "���(", id="no UTF-8"),
        pytest.param("x" * 5000, "x" * 200, id="5 kB"),
        pytest.param(
            "<?xml version='1.0'?><r><result>failed</result>"
            "<result_description> Bad menu </result_description></r>",
            "Bad menu",
            id="XML",
        ),
        pytest.param(
            "<R><RESULT> Failed </RESULT><RESULT_DESCRIPTION>No</RESULT_DESCRIPTION></R>",
            "No",
            id="XML in capitals",
        ),
        pytest.param("<result>failed</result>", "<result>failed</result>", id="XML without words"),
        pytest.param(
            '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><result>failed</result>'
            "<result_description>&x;</result_description>",
            "&x;",
            id="an entity stays as it is",
        ),
        pytest.param("call +1 (202) 555-0100 failed", "call *********00 failed", id="the number"),
        pytest.param("phone_to_call=2025550100&x", "phone_to_call=********00&x", id="the digits"),
        pytest.param(f"keys {ACCESS}, {SECRET}", "keys …, …", id="the keys"),
        pytest.param(
            "/ibp?access_key=canary+access%2Fkey%2B1&secret_access_key=canary-secret%3D2",
            "/ibp?access_key=…&secret_access_key=…",
            id="the keys as they were sent",
        ),
    ],
)
def test_an_answer_that_is_not_known_is_a_refusal_and_kept_for_the_operator(
    said: str | bytes, kept: str
) -> None:
    """It is cut to 200 characters, without control characters, keys or numbers."""
    with scripted_vendor(answer(said)) as vendor:
        error = failure(vendor.url)
    assert isinstance(error, Refused)
    assert error.reason == f"answer: {kept}"


@pytest.mark.parametrize(
    ("said", "explained"),
    [
        ("Invalid menu id", True),
        ("<r><result>failed</result><result_description>Bad menu</result_description></r>", True),
        ("<r><result>success</result></r>", False),
        ("<!doctype html><title>Maintenance</title>", False),
        ("", False),
        (" \r\n", False),
    ],
)
def test_a_refusal_is_explained_by_the_vendors_own_words_only(said: str, explained: bool) -> None:
    with scripted_vendor(answer(said)) as vendor:
        error = failure(vendor.url)
    assert isinstance(error, Refused)
    assert error.explained is explained


@pytest.mark.parametrize("said", ["Call Connected", "call connected.", "  CALL CONNECTED \r\n"])
def test_a_picked_up_phone_is_understood_however_it_is_written(said: str) -> None:
    with scripted_vendor(answer(said)) as vendor:
        assert place(vendor.url) is Answer.CONNECTED


@pytest.mark.parametrize("said", ["Phone Busy", "PHONE BUSY.", "phone busy\n"])
def test_a_busy_phone_is_understood_however_it_is_written(said: str) -> None:
    with scripted_vendor(answer(said)) as vendor:
        assert place(vendor.url) is Answer.BUSY


def test_an_answer_in_chunks_is_put_together() -> None:
    def chunks(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"5\r\nCall \r\n9\r\nConnected\r\n0\r\n\r\n")

    with scripted_vendor(chunks) as vendor:
        assert place(vendor.url) is Answer.CONNECTED


def test_no_more_than_64_kib_of_an_answer_are_read() -> None:
    """An endless answer is abandoned after its first 64 KiB, in an instant."""
    sent: list[int] = []

    def endless(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                sent.append(connection.send(b"Please wait. " * 5000))
        except OSError:
            sent.append(-1)

    with scripted_vendor(endless) as vendor:
        started = time.monotonic()
        error = failure(vendor.url, read_timeout=20)
        took = time.monotonic() - started
        wait_until(lambda: sent[-1:] == [-1], 20, "the provider hangs up")
    assert isinstance(error, Refused)
    assert error.reason.startswith("answer: Please wait.")
    assert took < 5
    assert sum(sent) < 16 * 1024 * 1024, "more than the buffers of two sockets"


# Perhaps received: never repeated.


@pytest.mark.parametrize("code", [500, 501, 502, 504, 520, 599])
def test_every_other_fault_of_the_vendors_server_leaves_the_outcome_open(code: int) -> None:
    with scripted_vendor(answer("", f"{code} Oh", "Retry-After: 1")) as vendor:
        error = failure(vendor.url)
    assert isinstance(error, OutcomeUnknown)
    assert error.reason == f"http_{code}"


def reset(connection: socket.socket, _head: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hang_up(connection: socket.socket, _head: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def half_a_status(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 2")


def half_a_body(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nCall Con")


def broken_chunks(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nCall")


def no_http(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def no_gzip(connection: socket.socket, _head: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 14\r\n\r\n"
    connection.sendall(head + b"Call Connected")


@pytest.mark.parametrize(
    "script", [reset, hang_up, half_a_status, half_a_body, broken_chunks, no_http, no_gzip]
)
def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_open(
    script: Script,
) -> None:
    with scripted_vendor(script) as vendor:
        error = failure(vendor.url)
        assert len(vendor.heads) == 1, "the request was sent again"
    assert isinstance(error, OutcomeUnknown)
    assert error.reason.startswith("no_answer: ")


def test_no_answer_in_time_leaves_the_outcome_open() -> None:
    def silence(connection: socket.socket, _head: bytes) -> None:
        connection.recv(1)

    with scripted_vendor(silence) as vendor:
        error = failure(vendor.url, read_timeout=SHORT)
    assert isinstance(error, OutcomeUnknown)
    assert error.reason == "no_answer: ReadTimeout"


def test_an_answer_that_trickles_is_given_up_after_one_more_read_timeout() -> None:
    """Each drop comes in time, but they never end."""

    def trickle(connection: socket.socket, _head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not vendor.pace(SHORT / 10):
            connection.sendall(b"C")

    with scripted_vendor(trickle) as vendor:
        started = time.monotonic()
        error = failure(vendor.url, read_timeout=SHORT)
        took = time.monotonic() - started
    assert isinstance(error, OutcomeUnknown)
    assert error.reason == "no_answer: trickle"
    assert took < SHORT * 2 + 2


# Whether the vendor can be reached at all, without ordering a call.


def test_check_reachable_accepts_any_status_of_the_vendor() -> None:
    with scripted_vendor(answer("", "404 Not Found")) as vendor:
        DialogTech(vendor.url, ACCESS, SECRET, 2, 2).check_reachable()
        (head,) = vendor.heads
    assert head.startswith(b"HEAD /ibp_api.php HTTP/1.1\r\n"), "no keys, no order"


def test_a_vendor_that_cannot_be_reached_is_told_without_its_address() -> None:
    provider = DialogTech(f"http://127.0.0.1:{closed_port()}/x", ACCESS, SECRET, 2, 2)
    with pytest.raises(NotSent) as failed:
        provider.check_reachable()
    assert failed.value.reason == "connect_failed"
