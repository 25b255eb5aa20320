"""Each request has an id: the proxy's if it is valid, else a new one. Log and response have it."""

from __future__ import annotations

import json
import logging
import re
import uuid
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, aged, running_callme

HEX = re.compile(r"[0-9a-f]{32}")
GIVEN = str(uuid.uuid4())


@pytest.mark.parametrize("given", [GIVEN, uuid.uuid4().hex], ids=["a UUID", "32 digits"])
def test_a_proxys_id_is_kept(callme: Callme, given: str) -> None:
    answer = callme.visitor().get("/healthz", headers={"X-Request-ID": given})
    assert answer.headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="empty"),
        pytest.param("+12025550100", id="a phone number"),
        pytest.param("a" * 31, id="too short"),
        pytest.param("a" * 33, id="too long"),
        pytest.param("g" * 32, id="no hexadecimal digits"),
        pytest.param(GIVEN.replace("-", "_"), id="almost a UUID"),
        pytest.param(f"{GIVEN}, {GIVEN}", id="two"),
        pytest.param(f"{GIVEN} level=error", id="with a field of its own"),
        pytest.param("\N{FULLWIDTH DIGIT ONE}" * 32, id="digits of another script"),
    ],
)
def test_an_invalid_request_id_is_replaced_by_a_new_one(callme: Callme, given: str) -> None:
    header = given.encode().decode("latin-1")
    answer = callme.visitor().get("/healthz", headers={"X-Request-ID": header})
    assert answer.status_code == 200
    assert HEX.fullmatch(answer.headers["X-Request-ID"])


def test_without_a_proxy_a_given_request_id_is_ignored(tmp_path: Path) -> None:
    with running_callme(tmp_path, trusted_proxy_hops=0) as callme:
        answer = callme.visitor().get("/healthz", headers={"X-Request-ID": GIVEN})
    assert answer.headers["X-Request-ID"] != GIVEN


@pytest.mark.parametrize("path", ["/nothing", "/api/sites/nobody", "/api/calls/x", "/w/acme.js"])
def test_every_answer_has_its_own_request_id(callme: Callme, path: str) -> None:
    ids = [callme.visitor().get(path).headers["X-Request-ID"] for _ in range(2)]
    assert len(set(ids)) == 2


def test_a_refusal_is_logged_with_its_request_id_which_does_not_leak_to_others(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The thread that served it goes on to serve others."""
    with running_callme(tmp_path, log_format="json") as callme:
        capsys.readouterr()
        answers = [callme.visitor().get("/nothing") for _ in range(2)]
        logging.getLogger("someone.else").warning("after them")
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        logging.getLogger().handlers.clear()  # this one writes to a stream that ends with the test
    assert [line["event"] for line in lines] == ["refused", "refused", "after them"]
    ids = [answer.headers["X-Request-ID"] for answer in answers]
    assert [line.get("request") for line in lines] == [*ids, None]


def test_a_call_cancelled_by_the_stop_page_is_logged_as_settled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running_callme(tmp_path, log_format="json") as callme:
        visitor = callme.visitor()
        call_id = visitor.ask_for_call()
        capsys.readouterr()
        form = callme.visitor(origin=None)
        found = re.search(r'name="token" value="([^"]+)"', form.get("/stop").text)
        assert found
        form.post("/stop", data={"phone": "(202) 555-0100", "token": aged(found[1])})
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        logging.getLogger().handlers.clear()  # this one writes to a stream that ends with the test
    (ended,) = [line for line in lines if line["event"] == "settled"]
    assert (ended["call"], ended["status"]) == (call_id, "cancelled")
    assert ended["reason"] == "suppressed"
