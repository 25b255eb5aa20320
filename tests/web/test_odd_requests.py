"""Whatever bytes arrive, the server answers with a status below 500 and keeps working."""

from __future__ import annotations

import re
import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.helpers.callme import Callme, Store
from tests.helpers.processes import Process, environment, listens_on, running, visitor_of
from tests.helpers.sites import ORIGIN

pytestmark = pytest.mark.process

FORM = "application/x-www-form-urlencoded"
SUBMIT = "POST /api/sites/acme/calls HTTP/1.1"
PAGE = "POST /call/acme HTTP/1.1"
HOST = "Host: callme.example"


class Server:
    """A real server, to which tests send raw bytes."""

    def __init__(self, process: Process, store: Store) -> None:
        self.visitor = visitor_of(process)
        self.process = process
        self.store = store
        address = urlsplit(listens_on(process))
        self._address = (address.hostname, address.port)

    def status(self, sent: bytes) -> int:
        """The status of the response to these bytes; 0 if the connection is just closed."""
        with socket.create_connection(self._address, timeout=20) as connection:
            answer = b""
            with suppress(
                ConnectionError, OSError
            ):  # the server may hang up before we have sent all
                connection.sendall(sent)
                connection.shutdown(socket.SHUT_WR)
                while more := connection.recv(65536):
                    answer += more
        match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
        return int(match[1]) if match else 0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("odd")
    store = Store(folder / "callme.db")
    store.set_up()
    with running(folder, environment(store), "web", "--port", "0") as process:
        yield Server(process, store)
    store.database.close()
    assert "Traceback" not in process.output, process.output[-5000:]


def request(line: str, *headers: str, body: bytes = b"", length: bool = True) -> bytes:
    address = f"10.{uuid.uuid4().bytes[0]}.{uuid.uuid4().bytes[0]}.{uuid.uuid4().bytes[0]}"
    head = [line, *headers, f"X-Forwarded-For: {address}", "Connection: close"]
    if not any(header.startswith("Host:") for header in headers):
        head.append(HOST)
    if body and length:
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body


def form(body: bytes, line: str = SUBMIT, content_type: str = FORM) -> bytes:
    return request(line, f"Origin: {ORIGIN}", f"Content-Type: {content_type}", body=body)


def chunked(body: bytes) -> bytes:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in _cut(body)) + b"0\r\n\r\n"
    headers = (f"Origin: {ORIGIN}", f"Content-Type: {FORM}", "Transfer-Encoding: chunked")
    return request(SUBMIT, *headers, body=chunks, length=False)


def _cut(body: bytes) -> Iterator[bytes]:
    return (body[at : at + 1000] for at in range(0, len(body), 1000))


def multipart(body: bytes, boundary: str = "x") -> bytes:
    return form(body, content_type=f"multipart/form-data; boundary={boundary}")


PART = b'--x\r\nContent-Disposition: form-data; name="phone"\r\n\r\n2025550100\r\n'

ODD = {
    "nothing": b"",
    "line ends": b"\r\n\r\n\r\n",
    "no HTTP": b"hello there\r\n\r\n",
    "TLS": bytes.fromhex("16030100a5010000a10303") + b"\0" * 160,
    "binary": bytes(range(256)) * 4,
    "no version": b"GET /call/acme\r\n\r\n",
    "HTTP/9.9": request("GET /call/acme HTTP/9.9"),
    "odd method": request("BREW /call/acme HTTP/1.1"),
    "long method": request("X" * 5000 + " / HTTP/1.1"),
    "OPTIONS *": request("OPTIONS * HTTP/1.1"),
    "CONNECT": request("CONNECT callme.example:443 HTTP/1.1"),
    "absolute address": request("GET http://evil.example/call/acme HTTP/1.1"),
    "two slashes": request("GET //evil.example/call/acme HTTP/1.1"),
    "dots": request("GET /call/../../etc/passwd HTTP/1.1"),
    "encoded dots": request("GET /static/%2e%2e/%2e%2e/pyproject.toml HTTP/1.1"),
    "encoded slash": request("GET /call/acme%2f..%2fother HTTP/1.1"),
    "NUL in the path": request("GET /call/ac%00me HTTP/1.1"),
    "NUL in an id": request("GET /api/calls/%00 HTTP/1.1"),
    "NUL in a page's id": request("GET /call/acme/%00 HTTP/1.1"),
    "invalid UTF-8 in the path": request("GET /call/%ff%fe HTTP/1.1"),
    "invalid UTF-8 in an id": request("GET /api/calls/%c3%28 HTTP/1.1"),
    "a surrogate in the path": request("GET /call/%ed%a0%80 HTTP/1.1"),
    "raw bytes in the path": request("GET /call/\xff\xfe HTTP/1.1"),
    "half an escape": request("GET /call/%f HTTP/1.1"),
    "huge id": request(f"GET /api/calls/{'a' * 3000} HTTP/1.1"),
    "huge query": request(f"GET /call/acme?utm_source={'a' * 3500} HTTP/1.1"),
    "huge line": request(f"GET /call/acme?{'a' * 100_000} HTTP/1.1"),
    "many parameters": request(f"GET /call/acme?{'a&' * 1500} HTTP/1.1"),
    "odd query": request("GET /call/acme?%00=%ff&&=&receptionist=%ff&utm_source=%00 HTTP/1.1"),
    "braces in the query": request("GET /call/acme?receptionist={{7*7}}&utm_term=%7b0%7d HTTP/1.1"),
    "no host": b"GET /call/acme HTTP/1.1\r\n\r\n",
    "empty host": request("GET /call/acme HTTP/1.1", "Host: "),
    "two hosts": request("GET /call/acme HTTP/1.1", HOST, "Host: evil.example"),
    "host with blanks": request("GET /call/acme HTTP/1.1", "Host: a b"),
    "host with half an IPv6 address": request("GET /call/acme HTTP/1.1", "Host: [::1"),
    "host with a path": request("GET /call/acme HTTP/1.1", "Host: evil.example/x"),
    "host with a user": request("GET /call/acme HTTP/1.1", "Host: me@evil.example"),
    "host with a port in letters": request("GET /call/acme HTTP/1.1", "Host: a:b"),
    "host without a name in it": request("GET /call/acme HTTP/1.1", "Host: a..b"),
    "host of a dot": request("GET /stop HTTP/1.1", "Host: ."),
    "host that is too long": request("GET /nothing HTTP/1.1", "Host: " + "x" * 64),
    "host of bytes": request("GET /call/acme HTTP/1.1", "Host: \xff\xfe"),
    "form to an odd host": request(
        PAGE, "Host: [::1", f"Content-Type: {FORM}", "Origin: null", body=b"a=b"
    ),
    "many headers": request("GET /healthz HTTP/1.1", *(f"X-{n}: 1" for n in range(500))),
    "huge header": request("GET /healthz HTTP/1.1", f"X-Huge: {'a' * 100_000}"),
    "header without a colon": request("GET /healthz HTTP/1.1", "Nonsense"),
    "folded header": request("GET /healthz HTTP/1.1", "X-A: b\r\n c"),
    "NUL in a header": request("GET /healthz HTTP/1.1", "X-A: b\0c"),
    "odd referer": request("GET /call/acme HTTP/1.1", "Referer: \xff\xfe\x7f"),
    "odd accept-encoding": request(
        "GET /w/acme.js HTTP/1.1", "Accept-Encoding: ;q=x,,gzip;q=-1,=\xff"
    ),
    "odd etag": request("GET /w/acme.js HTTP/1.1", 'If-None-Match: "a, W/"", *, \xff'),
    "odd range": request("GET /w/acme.js HTTP/1.1", "Range: bytes=9-1,x-,-"),
    "odd date": request("GET /static/pages.css HTTP/1.1", "If-Modified-Since: yesterday"),
    "odd cookie": request("GET /call/acme HTTP/1.1", "Cookie: =\xff; session=..; \0"),
    "odd forwarded address": request("GET /call/acme HTTP/1.1", 'X-Forwarded-For: ",,\xff'),
    "odd content type": form(b"phone=1", content_type="; boundary=;=\xff"),
    "form of odd charset": form(b"phone=1", content_type=f"{FORM}; charset=utf-7"),
    "form of NULs": form(b"\0" * 500),
    "form of bytes": form(bytes(range(256)) * 8),
    "form of invalid UTF-8": form(b"phone=%ff%fe&token=\xff&request_id=%00&consent=%80"),
    "form of surrogates": form(b"phone=%ed%a0%80&page_url=%ed%a0%80&utm_source=%ed%b0%80"),
    "form of many fields": form(b"a=b&" * 3000),
    "form of equals signs": form(b"=" * 5000),
    "odd names": form(b"__proto__=1&phone[]=1&phone[a]=2&=3"),
    "page form of bytes": form(bytes(range(256)) * 8, PAGE),
    "page form of NULs": form(b"phone=%00&receptionist=%00&utm_source=%00&referrer=%00", PAGE),
    "page form in braces": form(b"phone={{config}}&token={}&request_id=%7b0%7d", PAGE),
    "page form, multipart": form(PART + b"--x--\r\n", PAGE, "multipart/form-data; boundary=x"),
    "multipart without end": multipart(PART),
    "multipart cut in a header": multipart(b"--x\r\nContent-Disposition: form-data; na"),
    "multipart without a name": multipart(
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--\r\n"
    ),
    "multipart without headers": multipart(b"--x\r\n\r\n1\r\n--x--\r\n"),
    "multipart with a file": multipart(
        PART.replace(b'"phone"', b'"phone"; filename="a"') + b"--x--\r\n"
    ),
    "multipart of odd charset": multipart(
        PART.replace(b"\r\n\r\n", b"\r\nContent-Type: text/plain; charset=no-such\r\n\r\n")
        + b"--x--\r\n"
    ),
    "multipart of another boundary": multipart(PART + b"--x--\r\n", boundary="y"),
    "multipart without boundary": form(PART, content_type="multipart/form-data"),
    "multipart of a huge boundary": multipart(PART, boundary="b" * 3000),
    "length too long": request(
        SUBMIT,
        f"Origin: {ORIGIN}",
        f"Content-Type: {FORM}",
        "Content-Length: 500",
        body=b"phone=1",
        length=False,
    ),
    "length too short": request(
        SUBMIT,
        f"Origin: {ORIGIN}",
        f"Content-Type: {FORM}",
        "Content-Length: 3",
        body=b"phone=1",
        length=False,
    ),
    "length negative": request(SUBMIT, f"Content-Type: {FORM}", "Content-Length: -1"),
    "length in letters": request(SUBMIT, f"Content-Type: {FORM}", "Content-Length: many"),
    "length huge": request(
        SUBMIT, f"Origin: {ORIGIN}", f"Content-Type: {FORM}", "Content-Length: 99999999999999999999"
    ),
    "two lengths": request(
        SUBMIT, "Content-Length: 1", "Content-Length: 2", body=b"ab", length=False
    ),
    "length and chunks": request(
        SUBMIT, "Content-Length: 1", "Transfer-Encoding: chunked", body=b"0\r\n\r\n", length=False
    ),
    "odd chunks": request(
        SUBMIT,
        f"Origin: {ORIGIN}",
        f"Content-Type: {FORM}",
        "Transfer-Encoding: chunked",
        body=b"zz\r\nhello",
        length=False,
    ),
    "GET with a body": request("GET /call/acme HTTP/1.1", body=b"phone=1"),
}


@pytest.mark.parametrize("sent", ODD.values(), ids=list(ODD))
def test_a_malformed_request_gets_a_status_below_500(server: Server, sent: bytes) -> None:
    status = server.status(sent)
    assert status < 500, server.process.output[-3000:]
    assert server.visitor.get("/healthz").status_code == 200
    assert server.store.all_calls() == []


def test_a_transfer_coding_that_nobody_knows_is_not_implemented(server: Server) -> None:
    """RFC 9112 demands 501, the only status above 499 that is not a fault of ours."""
    sent = request(SUBMIT, "Transfer-Encoding: gzip, x")
    assert server.status(sent) == 501


@pytest.mark.parametrize("send", [form, chunked], ids=["with its length", "in chunks"])
def test_a_body_over_16_kb_is_refused_however_it_is_sent(
    server: Server, send: Callable[[bytes], bytes]
) -> None:
    assert server.status(send(b"referrer=" + b"x" * 17_000)) == 413
    assert server.status(send(b"referrer=" + b"x" * 16_000)) == 403, "a small one is read"


def test_a_form_sent_in_chunks_is_taken(server: Server) -> None:
    fields = server.visitor.fields(phone="12")
    body = "&".join(f"{name}={quote(value)}" for name, value in fields.items())
    assert server.status(chunked(body.encode())) == 422


def test_a_line_break_in_an_address_cannot_forge_a_log_line(server: Server) -> None:
    for path in ("/call/a%0aFORGED", "/api/sites/a%0d%0aFORGED", "/api/calls/a%0aFORGED"):
        assert server.visitor.get(path).status_code == 404
    assert server.visitor.get("/call/acme/marker").status_code == 404
    server.process.wait_for(r"(reason=call_unknown site=acme endpoint=status.show)")
    assert "FORGED" not in server.process.output


@pytest.mark.parametrize("host", ["a..b", ".", "x" * 64])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/call/acme"),
        ("GET", "/nothing"),
        ("GET", "/w/acme.js"),
        ("GET", "/api//sites/acme"),
        ("POST", "/api/sites/acme/calls"),
        ("PUT", "/call/acme"),
    ],
)
def test_a_request_to_a_host_that_cannot_be_one_is_refused(
    callme: Callme, host: str, method: str, path: str
) -> None:
    visitor = callme.visitor()
    assert visitor.get("/w/acme.js").status_code == 200
    answer = visitor.open(method, path, headers={"Host": host})
    assert answer.status_code == 400
    assert "Location" not in answer.headers
    assert answer.headers["X-Request-ID"]


def test_a_made_up_host_header_does_not_change_the_forms_action(server: Server) -> None:
    answer = server.visitor.get("/call/acme", headers={"Host": "evil.example"})
    assert answer.status_code == 200
    assert 'action="/call/acme"' in answer.text
