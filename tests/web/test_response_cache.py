"""Launchers and the states of calls come from a cache, but never if the application would send
something else."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask import request
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests.helpers.callme import SECRET_KEY, Callme, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.scrapes import TOKEN, scrape
from tests.helpers.sites import FALLBACK_PHONE, ORIGIN, SITES
from tests.helpers.waiting import wait_until
from webapp.domain.clock import utc_now
from webapp.domain.suppression import Fingerprint
from webapp.logs import RedactingFormatter
from webapp.store.engine import Database, StoreUnavailable
from webapp.store.pauses import PauseRepository
from webapp.store.retention import RetentionRepository
from webapp.store.sites import SiteCache
from webapp.web.context import EXTENSION
from webapp.web.limits import LIMITS
from webapp.web.response_cache import LONGEST, MOST, ResponseCache

LAUNCHER = "/w/acme.js"

QUESTION_SECONDS = 0.1
"""How many seconds a slow database takes."""


@pytest.fixture
def callme(tmp_path: Path) -> Iterator[Callme]:
    with running_callme(tmp_path, metrics_token=TOKEN) as running:
        yield running


@pytest.fixture
def visitor(callme: Callme) -> Visitor:
    return callme.visitor(origin=None)


@pytest.fixture
def made(callme: Callme) -> list[str]:
    """The paths of requests that reached the application."""
    paths: list[str] = []

    @callme.app.before_request
    def note() -> None:
        paths.append(request.path)

    return paths


def told(answer: TestResponse) -> dict[str, str]:
    """The headers of a response that do not depend on when it is sent."""
    return {name: value for name, value in answer.headers if name != "X-Request-ID"}


@pytest.mark.parametrize("accepted", ["", "gzip", "gzip, deflate, br, zstd"])
@pytest.mark.parametrize("known", [False, True])
def test_the_second_answer_is_the_first_one(
    visitor: Visitor, made: list[str], accepted: str, known: bool
) -> None:
    headers = {"Accept-Encoding": accepted}
    if known:
        headers["If-None-Match"] = visitor.get(LAUNCHER, headers=headers).headers["ETag"]
    first, second = (visitor.get(LAUNCHER, headers=headers) for _ in range(2))
    assert made == [LAUNCHER] * (2 if known else 1)
    assert first.status_code == second.status_code == (304 if known else 200)
    assert first.data == second.data
    assert told(first) == told(second)


def test_each_answer_has_an_id_of_its_own(visitor: Visitor) -> None:
    ids = {visitor.get(LAUNCHER).headers["X-Request-ID"] for _ in range(4)}
    assert len(ids) == 4
    given = "0123456789abcdef" * 2
    headers = {"X-Request-ID": given}
    assert visitor.get(LAUNCHER, headers=headers).headers["X-Request-ID"] == given


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda visitor: visitor.open("HEAD", LAUNCHER), id="HEAD"),
        pytest.param(lambda visitor: visitor.open("OPTIONS", LAUNCHER), id="OPTIONS"),
        pytest.param(lambda visitor: visitor.post(LAUNCHER), id="POST"),
        pytest.param(
            lambda visitor: visitor.get(LAUNCHER, headers={"Range": "bytes=0-9"}), id="a range"
        ),
        pytest.param(
            lambda visitor: visitor.get(LAUNCHER, headers={"If-Match": '"other"'}), id="If-Match"
        ),
    ],
)
def test_what_is_unusual_is_the_applications(
    visitor: Visitor, made: list[str], ask: Callable[[Visitor], object]
) -> None:
    visitor.get(LAUNCHER)
    for _ in range(2):
        ask(visitor)
    assert len(made) == 3


def test_a_changed_site_has_another_launcher(callme: Callme, visitor: Visitor) -> None:
    def is_new() -> bool:
        return visitor.form_address() != form

    etag = visitor.get(LAUNCHER).headers["ETag"]
    form = visitor.form_address()
    known = {"If-None-Match": etag}
    assert visitor.get(LAUNCHER, headers=known).status_code == 304
    callme.store.set_up(SITES.replace('name = "Acme Corp"', 'name = "Acme & Sons"'))
    wait_until(is_new, 10, "the changed launcher")
    assert 'name:"Acme & Sons"' in visitor.get(visitor.form_address()).text
    assert visitor.get(LAUNCHER, headers=known).status_code == 200


def test_a_paused_site_has_another_launcher_until_it_goes_on(
    callme: Callme, visitor: Visitor
) -> None:
    pauses = PauseRepository(callme.store.database, utc_now)
    running = visitor.get(LAUNCHER).text
    pauses.pause("acme")
    paused = wait_until(
        lambda: (text := visitor.get(LAUNCHER).text) != running and text, 10, "the paused launcher"
    )
    assert "paused:true" in str(paused)
    pauses.resume("acme")
    wait_until(lambda: visitor.get(LAUNCHER).text == running, 10, "the launcher as it was")


def test_a_pause_in_the_middle_of_a_request_is_not_cached_beyond_it(
    callme: Callme, visitor: Visitor
) -> None:
    """A response made while the site was paused is never used for one that is not paused."""
    running = callme.visitor().get(LAUNCHER, headers={"Accept-Encoding": "identity"}).text
    pauses = PauseRepository(callme.store.database, utc_now)
    sites: SiteCache = callme.app.extensions[EXTENSION].sites
    moments = iter([True])

    def pause() -> None:
        if next(moments, False):
            pauses.pause("acme")
            wait_until(lambda: sites.is_paused("acme"), 10, "the pause")

    callme.app.before_request_funcs[None].append(pause)
    assert "paused:true" in visitor.get(LAUNCHER).text
    pauses.resume("acme")
    wait_until(lambda: not sites.is_paused("acme"), 10, "the end of the pause")
    assert visitor.get(LAUNCHER).text == running


def test_a_site_that_cannot_be_read_is_told_to_the_operator_and_is_what_it_was_last(
    callme: Callme, visitor: Visitor
) -> None:
    before = visitor.get(LAUNCHER).text
    callme.store.execute("UPDATE sites SET config = '{\"colour\": 1}' WHERE key = 'acme'")
    sites: SiteCache = callme.app.extensions[EXTENSION].sites
    said = "the stored site acme cannot be read (name, origins, "

    def is_seen() -> bool:
        with suppress(StoreUnavailable):
            sites.is_paused("acme")
            return False
        return True

    wait_until(is_seen, 10, "the broken row")
    assert visitor.get(LAUNCHER).text == before
    assert scrape(visitor).value("callme_database_up") == 0
    with pytest.raises(StoreUnavailable, match=re.escape(said)):
        sites.is_paused("acme")


def test_a_fault_before_the_first_answer_is_the_applications_to_report(
    callme: Callme, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    callme.store.execute("DROP TABLE sites")
    answer = visitor.get(LAUNCHER)
    assert answer.status_code == 503
    assert "X-Request-ID" in answer.headers
    assert "the database cannot be used" in caplog.text


def test_they_count_as_any_answer(visitor: Visitor) -> None:
    etag = visitor.get(LAUNCHER).headers["ETag"]
    for _ in range(3):
        visitor.get(LAUNCHER)
        visitor.get(LAUNCHER, headers={"If-None-Match": etag})
    found = scrape(visitor)
    route = {"route": "/w/<site_key>.js"}
    for status, times in {"200": 4, "304": 3}.items():
        labels = {**route, "method": "GET", "status": status}
        assert found.value("callme_http_requests_total", **labels) == times
    assert found.value("callme_http_request_seconds_count", **route) == 7


def how_many_are_cached(callme: Callme) -> int:
    layer: Any = callme.app.wsgi_app
    while not isinstance(layer, ResponseCache):
        layer = layer._application
    return len(layer._responses)


def test_nobody_fills_the_memory_with_responses(callme: Callme, visitor: Visitor) -> None:
    for number in range(MOST + 10):
        visitor.get(LAUNCHER, headers={"If-None-Match": f'"{number}"'})
        visitor.get(LAUNCHER, headers={"Accept-Encoding": f"br;q=0.{number:04}"})
    assert 0 < how_many_are_cached(callme) <= MOST


def test_the_newest_responses_are_cached(callme: Callme, visitor: Visitor, made: list[str]) -> None:
    for number in range(MOST + 1):
        visitor.get(LAUNCHER, headers={"Accept-Encoding": f"br;q=0.{number:04}"})
    assert how_many_are_cached(callme) == MOST
    made.clear()
    for number in (MOST, 1, 0):
        visitor.get(LAUNCHER, headers={"Accept-Encoding": f"br;q=0.{number:04}"})
    assert made == [LAUNCHER]


def test_a_response_to_a_header_that_is_too_long_is_not_cached(
    callme: Callme, visitor: Visitor
) -> None:
    for length in (LONGEST, LONGEST + 1):
        visitor.get(LAUNCHER, headers={"Accept-Encoding": "gzip".ljust(length, ",")})
    assert how_many_are_cached(callme) == 1


@pytest.fixture
def caller(callme: Callme) -> Visitor:
    return callme.visitor()


@pytest.fixture
def status(caller: Visitor) -> str:
    """The path of the state of a call that this visitor asked for."""
    return f"/api/calls/{caller.ask_for_call()}"


def test_who_waits_for_a_phone_is_told_the_same_again(
    made: list[str], caller: Visitor, status: str
) -> None:
    made.clear()
    first, second, third = (caller.get(status) for _ in range(3))
    assert made == [status]
    assert first.get_json()["status"] == "queued"
    assert told(first) == told(second) == told(third)
    assert first.data == second.data == third.data
    assert len({one.headers["X-Request-ID"] for one in (first, second, third)}) == 3


def test_a_call_that_went_on_is_told_at_once(callme: Callme, caller: Visitor, status: str) -> None:
    for state in ("queued", "dialing", "connected"):
        callme.store.execute("UPDATE calls SET status = :state", state=state)
        for _ in range(2):
            assert caller.get(status).get_json()["status"] == state


def test_a_call_that_is_gone_is_unknown_at_once(
    callme: Callme, caller: Visitor, status: str
) -> None:
    assert caller.get(status).status_code == 200
    callme.store.execute(
        "UPDATE calls SET status = 'connected', created_at = '2026-01-01 00:00:00.000000'"
    )
    assert caller.get(status).status_code == 200
    retention = RetentionRepository(callme.store.database, Fingerprint(SECRET_KEY))
    assert retention.forget("+12025550100", utc_now()).deleted == 1
    assert caller.get(status).status_code == 404


def test_a_call_that_nobody_dialled_expires_before_who_waits_for_it(tmp_path: Path) -> None:
    clock = HandClock()
    with running_callme(tmp_path, clock=clock) as callme:
        caller = callme.visitor()
        token = caller.get("/api/sites/acme/token").get_json()["token"]
        clock.move(2)
        status = f"/api/calls/{caller.ask_for_call(token=token)}"
        assert {caller.get(status).get_json()["status"] for _ in range(3)} == {"queued"}
        clock.move(130)
        assert caller.get(status).get_json()["status"] == "expired"


def test_a_changed_site_speaks_for_itself(callme: Callme, caller: Visitor, status: str) -> None:
    callme.store.execute("UPDATE calls SET status = 'failed'")
    assert "(202) 555-0199" in caller.get(status).get_json()["message"]
    callme.store.set_up(SITES.replace(FALLBACK_PHONE, "+12025550198"))
    wait_until(
        lambda: "(202) 555-0198" in caller.get(status).get_json()["message"], 10, "the new number"
    )


def test_each_page_and_each_language_has_an_answer_of_its_own(
    callme: Callme, caller: Visitor, status: str
) -> None:
    callme.store.execute("UPDATE calls SET locale = 'xx'")
    elsewhere = callme.visitor(origin="https://elsewhere.example")
    for _ in range(2):
        assert caller.get(status).headers["Access-Control-Allow-Origin"] == ORIGIN
        assert "Access-Control-Allow-Origin" not in elsewhere.get(status).headers
        for tag in ("de", "fr"):
            answer = caller.get(status, headers={"Accept-Language": tag})
            assert answer.headers["Content-Language"] == tag
            answer = caller.get(status, query_string={"locale": tag})
            assert answer.headers["Content-Language"] == tag


def test_cached_responses_count_towards_the_visitors_limit(caller: Visitor, status: str) -> None:
    most, _, _ = LIMITS["api.status"].partition("/")
    states = [caller.get(status).status_code for _ in range(int(most))]
    assert states == [200] * int(most)
    refused = caller.get(status)
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]


def test_the_last_poll_that_is_allowed_may_be_the_one_with_news(
    callme: Callme, caller: Visitor, status: str
) -> None:
    most, _, _ = LIMITS["api.status"].partition("/")
    for _ in range(int(most) - 1):
        assert caller.get(status).get_json()["status"] == "queued"
    callme.store.execute("UPDATE calls SET status = 'connected'")
    assert caller.get(status).get_json()["status"] == "connected"
    assert caller.get(status).status_code == 429


@pytest.fixture
def questions(callme: Callme) -> Iterator[list[str]]:
    """The database's queries about calls. A library logs each of them, and each takes a while."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "FROM calls" in statement:
            asked.append(statement)
            logging.getLogger("sqlalchemy.pool").error("a library has something to say")
            time.sleep(QUESTION_SECONDS)

    database: Database = callme.app.extensions["callme_database"]
    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.fixture
def log(callme: Callme) -> Iterator[StringIO]:
    """The operator's log."""
    assert callme
    handlers = logging.getLogger().handlers
    (ours,) = [one for one in handlers if isinstance(one.formatter, RedactingFormatter)]
    assert isinstance(ours, logging.StreamHandler)
    read = StringIO()
    before = ours.setStream(read)
    yield read
    ours.setStream(before)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param("UPDATE calls SET status = 'dialing'", 200, id="changed"),
        pytest.param("ALTER TABLE calls RENAME TO away", 503, id="out of order"),
    ],
)
def test_whoever_waits_for_a_slow_database_waits_once_and_it_is_seen(
    callme: Callme,
    log: StringIO,
    caller: Visitor,
    status: str,
    change: str,
    expected: int,
    questions: list[str],
) -> None:
    assert caller.get(status).status_code == 200
    callme.store.execute(change)
    questions.clear()
    log.truncate(0)
    log.seek(0)
    answer = caller.get(status)
    assert answer.status_code == expected
    assert len(questions) == 1
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    logged = {line["event"] for line in lines}
    assert "a library has something to say" in logged
    assert ("the database cannot be used" in logged) == (expected == 503)
    assert {line["request"] for line in lines} == {answer.headers["X-Request-ID"]}
    taken = scrape(caller).value("callme_http_request_seconds_sum", route="/api/calls/<call_id>")
    assert taken >= 2 * QUESTION_SECONDS


def test_states_count_as_any_answer(caller: Visitor, status: str) -> None:
    for _ in range(4):
        caller.get(status)
    found = scrape(caller)
    route = {"route": "/api/calls/<call_id>"}
    labels = {**route, "method": "GET", "status": "200"}
    assert found.value("callme_http_requests_total", **labels) == 4
    assert found.value("callme_http_request_seconds_count", **route) == 4
