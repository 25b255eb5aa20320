"""`callme hooks` shows which messages were delivered and which were not, and sends them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.helpers.callme import Store
from tests.helpers.calls import a_call
from tests.helpers.processes import environment, running
from tests.helpers.receivers import POST_CALL_SECRET, SECRET, receiving, telling
from tests.helpers.waiting import wait_until
from webapp.cli import main
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.domain.hooks import Message, MessageState
from webapp.store.message_search import MessageFilter, MessageSearch

OLD = timedelta(days=3)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "callme.db")
    made.set_up(telling("http://127.0.0.1:1/told"))
    yield made
    made.close()


def hooks(store: Store, *arguments: str) -> Result:
    return CliRunner(env=environment(store)).invoke(main, ["hooks", *arguments])


def messages(store: Store) -> list[Message]:
    return MessageSearch(store.database).find(MessageFilter(), 100)


def in_state(store: Store, state: MessageState) -> list[str]:
    return [message.id for message in messages(store) if message.state is state]


def fill(store: Store) -> tuple[str, str, str]:
    """An old failed message, a new failed one and a delivered one; their ids."""
    for ago in (OLD, timedelta(minutes=2), timedelta(minutes=1)):
        store.add(a_call(status=CallStatus.BUSY, at=utc_now() - ago))
    old, new, delivered = (message.id for message in messages(store))
    store.execute("UPDATE hook_messages SET state = 'failed', attempt = 10, outcome = 'http_500'")
    store.execute("UPDATE hook_messages SET state = 'delivered' WHERE id = :id", id=delivered)
    return old, new, delivered


def test_messages_are_listed_with_their_state_and_outcome(store: Store) -> None:
    old, new, delivered = fill(store)
    lines = hooks(store, "list").output.splitlines()
    assert [line.split("\t")[1] for line in lines] == [old, new, delivered]
    assert lines[0].split("\t")[2:4] == ["acme", "call.accepted"]
    assert lines[0].split("\t")[5:] == ["failed", "10", "http_500"]
    since = f"{utc_now() - timedelta(days=1):%Y-%m-%d}"
    assert len(hooks(store, "list", "acme", "--since", since).output.splitlines()) == 2
    assert len(hooks(store, "list", "--state", "delivered").output.splitlines()) == 1
    assert hooks(store, "list", "--most", "1").output.splitlines() == lines[-1:]
    assert hooks(store, "list", "other").output == ""


@pytest.mark.parametrize(
    ("arguments", "again"),
    [
        pytest.param([], {0, 1}, id="all that were given up"),
        pytest.param(["acme"], {0, 1}, id="of a site"),
        pytest.param(["other"], set(), id="of another site"),
        pytest.param(["--since", "SINCE"], {1}, id="from a time on"),
        pytest.param(["--id", "ID"], {2}, id="one of them, delivered or not"),
        pytest.param(["--delivered"], {0, 1, 2}, id="delivered ones too"),
    ],
)
def test_replay_sends_exactly_the_selected_messages_again(
    store: Store, arguments: list[str], again: set[int]
) -> None:
    ids = fill(store)
    said = {"SINCE": f"{utc_now() - timedelta(days=1):%Y-%m-%dT%H:%M}", "ID": ids[2]}
    ended = hooks(store, "replay", *(said.get(argument, argument) for argument in arguments))
    assert ended.output == f"{len(again)} to be sent again\n"
    assert in_state(store, MessageState.PENDING) == [ids[at] for at in sorted(again)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "nobody"], "callme: there is no site 'nobody'; there is: acme, other"),
        (["replay", "nobody"], "callme: there is no site 'nobody'; there is: acme, other"),
        (["replay", "--id", "msg_x"], "callme: there is no message with that id"),
    ],
)
def test_unknown_sites_and_messages_are_reported(
    store: Store, arguments: list[str], said: str
) -> None:
    ended = hooks(store, *arguments)
    assert ended.exit_code == 1
    assert ended.stderr.strip() == said


@pytest.mark.process
def test_a_replay_is_delivered_by_the_dispatcher_that_runs(tmp_path: Path, store: Store) -> None:
    """It keeps its old id, and is sent once the owner's system is back."""
    old, *_ = fill(store)
    with receiving() as receiver, running(tmp_path, environment(store), "dispatch") as dispatcher:
        dispatcher.wait_for("(dispatcher is running)")
        store.set_up(telling(receiver.url))
        assert hooks(store, "replay", "--id", old).exit_code == 0
        wait_until(lambda: receiver.got, 20, "the replay")
        assert receiver.got[0].id == old
        assert receiver.got[0].message["type"] == "call.accepted"


def test_sites_export_holds_the_secrets_and_sites_list_does_not(store: Store) -> None:
    exported = CliRunner(env=environment(store)).invoke(main, ["sites", "export"]).output
    assert SECRET in exported
    assert POST_CALL_SECRET in exported
    listed = CliRunner(env=environment(store)).invoke(main, ["sites", "list"]).output
    assert SECRET not in listed
