"""Launchers are answered again without being made again, and never when they would be another."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from flask import request
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.scrapes import TOKEN, scrape
from tests.helpers.sites import SITES
from tests.helpers.waiting import wait_until
from webapp.domain.clock import utc_now
from webapp.store.engine import StoreUnavailable
from webapp.store.pauses import PauseRepository
from webapp.store.sites import SiteCache
from webapp.web.context import EXTENSION
from webapp.web.kept import MOST

LAUNCHER = "/w/acme.js"


@pytest.fixture
def callme(tmp_path: Path) -> Iterator[Callme]:
    with running_callme(tmp_path, metrics_token=TOKEN) as running:
        yield running


@pytest.fixture
def visitor(callme: Callme) -> Visitor:
    return callme.visitor(origin=None)


@pytest.fixture
def made(callme: Callme) -> list[str]:
    """The paths that came as far as the application."""
    paths: list[str] = []

    @callme.app.before_request
    def note() -> None:
        paths.append(request.path)

    return paths


def told(answer: TestResponse) -> dict[str, str]:
    """What an answer says of itself, whenever it is given."""
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


def test_a_pause_in_the_middle_of_a_request_is_not_kept_beyond_it(
    callme: Callme, visitor: Visitor
) -> None:
    """What was made of a paused site is never taken for what is made of it otherwise."""
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


def test_nobody_fills_the_memory_with_answers(callme: Callme, visitor: Visitor) -> None:
    kept = callme.app.wsgi_app._kept  # type: ignore[attr-defined]
    for number in range(MOST + 10):
        visitor.get(LAUNCHER, headers={"If-None-Match": f'"{number}"'})
        visitor.get(LAUNCHER, headers={"Accept-Encoding": f"br;q=0.{number:04}"})
    assert 0 < len(kept) <= MOST
