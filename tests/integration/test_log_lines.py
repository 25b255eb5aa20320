"""The log has one line of JSON per record, and a call can be followed in it from the form to its end."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import Store
from tests.helpers.processes import CALLME, environment, running, visitor_of
from tests.helpers.vendors import StandIn, answer, scripted_vendor
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.process

SERVE = ("serve", "--port", "0")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "callme.db")
    made.set_up()
    yield made
    made.database.close()


def records(output: str) -> list[dict[str, Any]]:
    """The log in a process's output: everything except the one line for people."""
    lines = [line for line in output.splitlines() if not line.startswith("Callme")]
    return [json.loads(line) for line in lines]


def test_without_a_terminal_log_lines_are_json_and_follow_a_call_by_id(
    tmp_path: Path, store: Store, vendor: StandIn
) -> None:
    """From the form through the claim and the vendor's answer to the end, by the call's id and by the
    request's. The lines of the server and of its parent are included."""
    with running(tmp_path, environment(store, vendor.url, log_format=None), *SERVE) as server:
        visitor = visitor_of(server)
        accepted = visitor.submit()
        call_id = accepted.get_json()["id"]
        wait_until(lambda: store.status(call_id).final, 20, "the call's end")
        wait_until(lambda: '"settled"' in server.output, 20, "the end is logged")
        server.send(signal.SIGTERM)
        assert server.wait() == 0
    said = records(server.output)
    life = [line for line in said if line.get("call") == call_id]
    assert [line["event"] for line in life] == [
        "accepted",
        "claimed",
        "asked the vendor",
        "settled",
    ]
    assert {line["request"] for line in life} == {accepted.headers["X-Request-ID"]}
    assert life[2]["phone"] == "+1********00"
    assert life[3]["status"] == "connected"
    assert {"gunicorn.error"} < {line["logger"] for line in said}
    for line in said:
        assert re.fullmatch(r"20\d\d-\d\d-\d\dT[\d:.]{12}\+00:00", line["time"])
        assert line["level"] in ("info", "warning")


def test_a_proxys_request_id_is_kept_with_the_call_and_never_told_to_the_vendor(
    tmp_path: Path, store: Store
) -> None:
    """Even when another process dials."""
    request_id = str(uuid.uuid4())
    with scripted_vendor(answer("Call Connected")) as vendor:
        settings = environment(store, vendor.url, log_format="json")
        with (
            running(tmp_path, settings, "web", "--port", "0") as web,
            running(tmp_path, settings, "dispatch") as dispatch,
        ):
            visitor = visitor_of(web)
            answered = visitor.post(
                "/api/sites/acme/calls",
                data=visitor.fields(),
                headers={"X-Request-ID": request_id},
            )
            assert answered.status_code == 202, answered.text
            assert answered.headers["X-Request-ID"] == request_id
            dispatch.wait_for('("settled")')
    requests_logged = [
        line for line in records(dispatch.output) if line["event"] == "asked the vendor"
    ]
    assert [line["request"] for line in requests_logged] == [request_id]
    assert len(vendor.heads) == 1
    assert request_id.encode() not in vendor.heads[0]
    assert b"request-id" not in vendor.heads[0].lower()


def test_on_a_terminal_the_log_is_for_people(tmp_path: Path, store: Store) -> None:
    ours, terminal = pty.openpty()
    os.set_blocking(ours, False)
    seen: list[bytes] = []

    def said() -> str:
        with suppress(BlockingIOError):
            seen.append(os.read(ours, 65536))
        return b"".join(seen).decode()

    server = subprocess.Popen(
        (*CALLME, *SERVE),
        cwd=tmp_path,
        env=environment(store, log_format=None),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    try:
        wait_until(
            lambda: re.search(r"T[\d:]{8}\S+ info    gunicorn\.error: ", said()), 60, "a line"
        )
    finally:
        server.terminate()
        try:
            server.wait(60)
        finally:  # processes that still run would disturb other tests
            server.kill()
            server.wait()
            os.close(terminal)
            os.close(ours)
    assert "{" not in "".join(map(bytes.decode, seen))
