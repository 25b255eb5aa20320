"""No key or full phone number gets out: not in a log at DEBUG, a response, a page or a stored reason.

Every outcome is run through a real server whose keys are canaries; then all of its output is searched.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest

from tests.helpers.callme import Store, Visitor
from tests.helpers.processes import environment, running, visitor_of
from tests.helpers.sites import FALLBACK_PHONE
from tests.helpers.vendors import answer, scripted_vendor, stand_in
from tests.helpers.waiting import wait_until
from webapp.sandbox.outcomes import OUTCOMES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

pytestmark = pytest.mark.process

ACCESS, SECRET = "canary access/key+1", "canary&secret=2%20<3>"
SESSION_KEY = "canary-key-of-our-own-tokens-0123456789"
CANARIES = {ACCESS, SECRET, SESSION_KEY, "canary"}
RINGS_FOR_LONG = "0102"

# With this on Python's path, every process that sets the level INFO gets DEBUG.
LOUD = "import logging\nlogging.INFO = logging.DEBUG\n"


def known_to_the_stand_in(app: WSGIApplication) -> WSGIApplication:
    """The stand-in knows only its own keys, so this translates the canaries, and nothing else."""

    def swapped(environ: WSGIEnvironment, start: StartResponse) -> Any:
        query = environ["QUERY_STRING"]
        for canary, key in ((SECRET, "bar"), (ACCESS, "foo")):
            query = query.replace(quote_plus(canary), key)
        return app(environ | {"QUERY_STRING": query}, start)

    return swapped


def loud(tmp_path: Path, store: Store, vendor_url: str, log_format: str = "text") -> dict[str, str]:
    """The environment of a server that has canaries as keys and logs at DEBUG."""
    folder = tmp_path / "loud"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(LOUD)
    settings = environment(
        store,
        vendor_url,
        secret_key=SESSION_KEY,
        dialogtech_access_key=ACCESS,
        dialogtech_secret_access_key=SECRET,
        dialogtech_read_timeout=1,
        log_format=log_format,
    )
    path = os.pathsep.join(filter(None, (str(folder), settings.get("PYTHONPATH"))))
    return settings | {"PYTHONPATH": path}


def spellings(phone: str) -> Iterator[str]:
    """(202) 555-0100 as others may write it. The plain digits are searched for separately."""
    area, middle, last = re.findall(r"\d+", phone)
    for separator in (" ", "-", ".", "/", "+", "%20", "\N{NO-BREAK SPACE}"):
        yield separator.join((area, middle, last))
    yield f"({area}) {middle}-{last}"
    yield quote(f"({area}) {middle}-{last}")
    yield quote_plus(f"({area}) {middle}-{last}")


def leaks(text: str, phones: list[str]) -> list[str]:
    """The canaries and numbers in `text`, each with the text around it."""
    wanted = {
        spelling for canary in CANARIES for spelling in (canary, quote(canary), quote_plus(canary))
    }
    wanted |= {spelling for phone in phones for spelling in spellings(phone)}
    found = [spelling for spelling in wanted if spelling in text]
    for phone in phones:
        digits = re.sub(r"\D", "", phone)
        found += re.findall(rf".{{0,60}}{digits}.{{0,20}}", text)
    return found


def stored_texts(path: Path) -> str:
    """Everything that the database has about calls, except their numbers, which it needs."""
    with closing(sqlite3.connect(path)) as connection:
        calls = connection.execute("SELECT reason, page_url, referrer, utm FROM calls").fetchall()
        events = connection.execute("SELECT reason FROM call_events").fetchall()
    return repr((calls, events))


def look_at_everything(visitor: Visitor, call_id: str, phone: str) -> str:
    """Every response and page about a call and its form, including headers."""
    answers = [
        visitor.get(path)
        for path in (
            f"/api/calls/{call_id}",
            f"/call/acme/{call_id}",
            "/call/acme",
            "/api/sites/acme",
            "/w/acme.js",
            visitor.form_address(),
            "/readyz",
            f"/hooks/dialogtech/post-call?site=acme&secret={quote(SECRET)}",
            "/hooks/dialogtech/post-call?site=acme&secret=canary",
            f"/call/acme/{quote(phone)}",
            f"/api/calls/{quote(phone)}",
            f"/nothing?phone={quote(phone)}",
        )
    ]
    return "".join(f"{answer.headers}{answer.text}" for answer in answers)


@pytest.mark.parametrize(
    ("log_format", "debug"), [("text", " debug   "), ("json", '"level": "debug"')]
)
def test_every_outcome_leaves_no_key_and_no_number_behind(
    tmp_path: Path, log_format: str, debug: str
) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up()
    # 0100 is the example in every empty field, so another number with its outcome is used.
    phones = [f"(202) 555-{last}" for last in (OUTCOMES.keys() - {"0100"}) | {"0177"}]
    with (
        stand_in(wrap=known_to_the_stand_in) as vendor,
        running(
            tmp_path, loud(tmp_path, store, vendor.url, log_format), "serve", "--port", "0"
        ) as server,
    ):
        ids = [visitor_of(server).ask_for_call(phone=phone) for phone in phones]
        others = [
            id_ for id_, phone in zip(ids, phones, strict=True) if RINGS_FOR_LONG not in phone
        ]
        wait_until(
            lambda: all(store.status(call_id).final for call_id in others), 30, "all outcomes"
        )
        public = "".join(
            look_at_everything(visitor_of(server), call_id, phone)
            for call_id, phone in zip(ids, phones, strict=True)
        )
        server.send(signal.SIGINT)
        server.wait()
    store.check_events()
    store.database.close()
    assert {record.outcome for record in vendor.received} > {"Phone Busy", "HTTP 503"}
    assert debug in server.output, "nothing was logged at DEBUG: the search proves nothing"
    assert leaks(server.output, phones) == []
    assert leaks(public, phones) == []
    assert leaks(stored_texts(store.path), phones) == []


def echo(request: str) -> str:
    """What a badly configured vendor could send: everything it received, in several spellings."""
    return (
        f"cannot do {request}; tel:+1-202-555-0143, 202.555.0143, %2B12025550143 {ACCESS}|{SECRET}"
    )


@pytest.mark.parametrize("log_format", ["text", "json"])
@pytest.mark.parametrize(
    ("status", "header"),
    [
        pytest.param("200 OK", "X-Fine: yes", id="as an answer"),
        pytest.param("403 No", "X-Fine: yes", id="as a refusal"),
        pytest.param("503 Busy", "Retry-After: 600", id="as an overload"),
        pytest.param("200 OK", "this is no header", id="with a broken header"),
    ],
)
def test_a_vendor_that_echoes_the_request_leaks_no_key_or_number(
    tmp_path: Path, status: str, header: str, log_format: str
) -> None:
    """A broken header makes urllib3 itself log the whole address."""
    store = Store(tmp_path / "callme.db")
    store.set_up()
    keys = f"access_key={quote_plus(ACCESS)}&secret_access_key={quote_plus(SECRET)}"
    sent = f"{keys}&menu_id=55443322&phone_to_call=2025550143"
    with scripted_vendor(answer(echo(sent), status, header)) as vendor:
        settings = loud(tmp_path, store, vendor.url, log_format)
        with running(tmp_path, settings, "serve", "--port", "0") as server:
            visitor = visitor_of(server)
            call_id = visitor.ask_for_call(phone="(202) 555-0143")
            wait_until(lambda: store.status(call_id).final, 20, "the call's end")
            public = look_at_everything(visitor, call_id, "(202) 555-0143")
            server.send(signal.SIGINT)
            server.wait()
        assert sent.encode() in vendor.heads[0], "the canaries never went out"
    store.database.close()
    for text in (server.output, public, stored_texts(store.path)):
        assert leaks(text, ["(202) 555-0143"]) == []


def test_the_leak_search_finds_keys_and_numbers(tmp_path: Path) -> None:
    """Without this, an empty result would mean nothing."""
    assert leaks(f"x={quote_plus(SECRET)}", []) != []
    for text in ("+12025550143", "202-555-0143", "phone=%28202%29%20555-0143", "a2025550143b"):
        assert leaks(text, ["(202) 555-0143"]) != [], text
    assert leaks(f"+1********43 {FALLBACK_PHONE}", ["(202) 555-0143"]) == []
