"""The emergency brake: within two seconds no process accepts or dials calls any more."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Store, running_callme
from tests.helpers.processes import environment, run, running, visitor_of
from tests.helpers.sites import FALLBACK_PHONE, OTHER_ORIGIN
from tests.helpers.vendors import StandIn, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus

WITHIN_SECONDS = 2.0


def is_answered(ask: Callable[[], TestResponse], status: int) -> bool:
    return ask().status_code == status


@pytest.mark.process
def test_pause_and_resume_reach_every_process_within_two_seconds(
    tmp_path: Path, postgres_url: str
) -> None:
    store = Store(postgres_url)
    store.set_up()
    with stand_in() as vendor, ExitStack() as stack:
        settings = environment(store, vendor.url)
        visitors = [
            visitor_of(stack.enter_context(running(tmp_path, settings, "web", "--port", "0")))
            for _ in range(2)
        ]
        for visitor in visitors:
            assert visitor.submit(phone="2025550111").status_code == 202
        for command, status in (("pause", 503), ("resume", 202)):
            ended = run(tmp_path, settings, command, "--all")
            assert (ended.returncode, ended.stdout) == (0, f"{command}d\n")
            done = time.monotonic()
            for visitor in visitors:
                form = visitor.fields(phone="2025550112")
                answers = partial(visitor.stranger, "/api/sites/acme/calls", data=form)
                wait_until(partial(is_answered, answers, status), WITHIN_SECONDS, command)
            assert time.monotonic() - done < WITHIN_SECONDS
    store.close()


def test_a_paused_site_offers_the_owners_number_and_others_go_on(tmp_path: Path) -> None:
    with running_callme(tmp_path) as callme:
        settings = environment(callme.store)
        assert run(tmp_path, settings, "pause", "acme").stdout == "paused\n"
        assert run(tmp_path, settings, "pause", "acme").stdout == "paused already\n"
        visitor = callme.visitor()
        form = visitor.fields()
        wait_until(
            lambda: visitor.post("/api/sites/acme/calls", data=form).status_code == 503, 5, "paused"
        )
        answer = visitor.submit()
        assert answer.get_json()["fallback_phone"] == FALLBACK_PHONE
        other = callme.visitor("other", origin=OTHER_ORIGIN)
        assert other.submit(phone="020 7946 0018", receptionist="all").status_code == 202
        page = callme.visitor(origin=None).post("/call/acme", data=form)
        assert page.status_code == 503
        assert f"tel:{FALLBACK_PHONE}" in page.text


@pytest.mark.process
def test_what_is_queued_is_not_dialled_while_its_site_is_paused(tmp_path: Path) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up()
    with stand_in() as vendor:
        settings = environment(store, vendor.url)
        with running(tmp_path, settings, "web", "--port", "0") as web:
            visitor = visitor_of(web)
            held = visitor.ask_for_call(phone="2025550111")
            assert run(tmp_path, settings, "pause", "acme").returncode == 0
            other = visitor_of(web, OTHER_ORIGIN)
            other.site = "other"
            going = other.ask_for_call(phone="020 7946 0018", receptionist="all")
            with running(tmp_path, settings, "dispatch"):
                wait_until(lambda: store.status(going).final, 20, "the other site's call is over")
                assert store.status(held) is CallStatus.QUEUED
                assert run(tmp_path, settings, "resume", "acme").returncode == 0
                wait_until(lambda: store.status(held).final, 20, "it is dialled now")
        assert vendor.phones == ["442079460018", "2025550111"]
    store.check_events()
    store.close()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((), "callme: name one site, or say --all\n"),
        (("acme", "--all"), "callme: name one site, or say --all\n"),
        (("nobody",), "callme: there is no site 'nobody'; there is: acme, other\n"),
    ],
)
def test_pause_refuses_unclear_arguments_and_unknown_sites(
    tmp_path: Path, arguments: tuple[str, ...], fault: str
) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up()
    ended = run(tmp_path, environment(store), "pause", *arguments)
    assert (ended.returncode, ended.stderr) == (1, fault)
    store.close()


def test_list_check_and_resume_show_what_is_paused(tmp_path: Path, vendor: StandIn) -> None:
    """Resuming one site also says that all are still paused, so that it does not seem to have helped."""
    store = Store(tmp_path / "callme.db")
    store.set_up()
    settings = environment(store, vendor.url, public_url="https://callme.example")

    def said(*words: str) -> list[str]:
        ended = run(tmp_path, settings, *words)
        return (ended.stdout + ended.stderr).splitlines()

    def states() -> list[str]:
        return [line.split("\t")[-1] for line in said("sites", "list")]

    one = "site acme is paused; callme resume acme resumes it"
    every = "all sites are paused; callme resume --all resumes them"
    assert states() == ["active", "active"]
    said("pause", "acme")
    assert states() == ["paused", "active"]
    assert said("check") == [f"callme: {one}"]
    said("pause", "--all")
    assert states() == ["paused", "paused"]
    assert said("check") == [f"callme: {every}"]
    assert said("resume", "other") == ["was not paused", every]
    assert said("resume", "--all") == ["resumed", one]
    assert said("resume", "acme") == ["resumed"]
    assert said("check") == ["all is well"]
    store.close()
