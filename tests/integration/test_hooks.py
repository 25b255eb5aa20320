"""The owner is told of each call: signed, at least once whatever dies, and again until it arrives."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Response
from sqlalchemy import select, update
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.helpers.callme import Store, running_callme
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from tests.helpers.processes import environment, run, running, visitor_of
from tests.helpers.receivers import SECRET, Receiver, always, receiving, telling
from tests.helpers.traces import traces_in_text
from tests.helpers.vendors import StandIn, scripted_vendor, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus, Visit
from webapp.domain.clock import utc_now
from webapp.domain.hooks import MAX_ATTEMPTS, Message, MessageState
from webapp.domain.site.reading import parse_sites
from webapp.providers.hooks import HookPost
from webapp.services.hooks import LEASE, HookSender
from webapp.store.message_search import MessageFilter, MessageSearch
from webapp.store.outbox import ON_ITS_WAY, OutboxRepository
from webapp.store.sites import SiteRepository
from webapp.store.tables import sites as sites_table


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running_receiver:
        yield running_receiver


@pytest.fixture
def store(either_store: Store) -> Store:
    return either_store


@pytest.fixture
def clock() -> HandClock:
    """Starts at the real time, as receivers accept no signature from another day."""
    made = HandClock()
    made.now = utc_now()
    return made


def messages(store: Store) -> list[Message]:
    return MessageSearch(store.database).find(MessageFilter(), 100)


def sending(
    store: Store, clock: HandClock, chance: float = 0.0, post: HookPost | None = None
) -> HookSender:
    """A sender that runs until the store ends."""
    outbox = OutboxRepository(store.database)
    sender = HookSender(outbox, post or HookPost(), clock, lambda: chance)
    store.at_the_end(sender.stop)
    sender.start()
    return sender


def silence(connection: socket.socket, _head: bytes) -> None:
    """Reads what is sent, and sends nothing until the other side hangs up."""
    while connection.recv(1 << 16):
        pass


def wait_for_outcome(store: Store, outcome: str) -> Message:
    def found() -> Message | None:
        return next((message for message in messages(store) if message.outcome == outcome), None)

    message = wait_until(found, 10, f"{outcome} among {messages(store)}")
    assert message
    return message


def wait_for_pause(store: Store, attempt: int) -> Message:
    """The only message, once that attempt has failed."""

    def put_off() -> Message | None:
        (message,) = messages(store)
        return message if (message.attempt, message.outcome) == (attempt, "http_500") else None

    message = wait_until(put_off, 10, f"the end of attempt {attempt}")
    assert message
    return message


def test_the_owner_gets_a_message_when_a_call_is_accepted_and_when_it_ends(
    tmp_path: Path, vendor: StandIn, receiver: Receiver
) -> None:
    """It has all that the owner needs, but the number is masked."""
    sites = telling(receiver.url)
    page = "https://www.acme.example/tel-202-555-0100/offer-123456789"
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=sites) as callme:
        call_id = callme.visitor().ask_for_call(page_url=page, utm_source="news 202.555.0100")
        wait_until(lambda: len(receiver.got) == 2, 10, "two messages")
    accepted, connected = sorted(
        (request.message for request in receiver.got), key=lambda message: message["type"]
    )
    assert accepted["type"] == "call.accepted"
    assert accepted["data"]["status"] == "queued"
    assert connected["type"] == "call.connected"
    data = connected["data"]
    assert (data["id"], data["site"], data["receptionist"]) == (call_id, "acme", "sales")
    assert (data["status"], data["phone"]) == ("connected", "+1********00")
    assert data["page_url"].endswith("/offer-123456789")
    assert data["utm"]["utm_source"].startswith("news ")
    assert (
        traces_in_text("".join(request.body.decode() for request in receiver.got), "2025550100")
        == []
    )
    assert len({request.id for request in receiver.got}) == 2


def test_a_changed_message_or_another_secret_fails_verification(
    tmp_path: Path, vendor: StandIn, receiver: Receiver
) -> None:
    """Without this, the checks in the other tests would mean nothing."""
    sites = telling(receiver.url)
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=sites) as callme:
        callme.visitor().ask_for_call()
        wait_until(lambda: receiver.got, 10, "a message")
    request = receiver.got[0]
    assert request.message["type"] == request.type
    for secret, body in ((SECRET, request.body + b" "), (f"whsec_{'B' * 36}", request.body)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, dict(request.headers))


@pytest.mark.parametrize(
    ("last_four", "event"),
    [("0101", "call.busy"), ("0103", "call.failed"), ("0106", "call.unknown")],
)
def test_each_end_of_a_call_has_its_event(
    tmp_path: Path, vendor: StandIn, receiver: Receiver, last_four: str, event: str
) -> None:
    sites = telling(receiver.url, events=[event])
    with running_callme(tmp_path, vendor_url=vendor.url, dispatcher=True, sites=sites) as callme:
        callme.visitor().ask_for_call(phone=f"(202) 555-{last_four}")
        wait_until(lambda: receiver.got, 10, event)
        callme.store.check_events()
        assert [message.event for message in messages(callme.store)] == [event], (
            "others were unwanted"
        )
    assert receiver.got[0].message["type"] == event


def test_a_site_without_a_hook_address_stores_no_messages(store: Store) -> None:
    store.set_up()
    store.add(a_call())
    assert messages(store) == []


def test_a_failed_message_is_retried_on_schedule_under_the_same_id(
    store: Store, clock: HandClock, receiver: Receiver
) -> None:
    """Each attempt is made at its time and not a second earlier; after the last, the message is kept."""
    receiver.answer = always(500)
    store.set_up(telling(receiver.url))
    store.add(a_call(at=clock()))
    sending(store, clock)
    seconds = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    for attempt, pause in enumerate(seconds, start=1):
        message = wait_for_pause(store, attempt)
        assert message.due_at == clock() + timedelta(seconds=pause), f"attempt {attempt}"
        assert message.state is MessageState.PENDING
        clock.move(pause - 1)
        assert OutboxRepository(store.database).claim(clock(), LEASE, ()) is None, "too early"
        clock.move(1)
    wait_until(lambda: messages(store)[0].state is MessageState.FAILED, 10, "the last attempt")
    assert len(receiver.got) == MAX_ATTEMPTS == 10
    assert len({request.id for request in receiver.got}) == 1
    assert len({request.headers["Webhook-Timestamp"] for request in receiver.got}) == 10
    receiver.answer = always(204)
    clock.now = utc_now()
    assert MessageSearch(store.database).replay(MessageFilter(), clock()) == 1
    wait_until(lambda: messages(store)[0].state is MessageState.DELIVERED, 10, "the replay")
    assert receiver.got[-1].id == receiver.got[0].id
    assert receiver.got[-1].message["data"]["status"] == "queued"


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        pytest.param(always(503, Retry_After="120"), 120, id="a wish longer than the pause"),
        pytest.param(always(429, Retry_After="1"), 5, id="a wish shorter than the pause"),
        pytest.param(always(429, Retry_After="999999999"), 86400, id="a wish without end"),
        pytest.param(always(500, Retry_After="120"), 5, id="no overload"),
        pytest.param(always(503, Retry_After="soon"), 5, id="no number"),
    ],
)
@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_a_receivers_retry_after_is_followed_within_bounds(
    store: Store, clock: HandClock, receiver: Receiver, answer: object, seconds: int
) -> None:
    receiver.answer = answer  # type: ignore[assignment]
    store.set_up(telling(receiver.url))
    store.add(a_call(at=clock()))
    sending(store, clock)
    wait_until(lambda: messages(store)[0].outcome not in ("", ON_ITS_WAY), 10, "an attempt")
    assert messages(store)[0].due_at == clock() + timedelta(seconds=seconds)


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_pauses_between_attempts_have_random_jitter(
    store: Store, clock: HandClock, receiver: Receiver
) -> None:
    receiver.answer = always(500)
    store.set_up(telling(receiver.url))
    store.add(a_call(at=clock()))
    sending(store, clock, chance=0.5)
    wait_until(lambda: messages(store)[0].outcome not in ("", ON_ITS_WAY), 10, "an attempt")
    assert messages(store)[0].due_at == clock() + timedelta(seconds=5.5)


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("outcome", ["redirected", "address_not_public"])
def test_a_message_never_reaches_a_private_address_that_its_owner_did_not_name(
    store: Store, clock: HandClock, receiver: Receiver, outcome: str
) -> None:
    """Neither through a redirect nor through a name. It is tried again, as a mistake may be mended."""
    with receiving(always(302, Location=receiver.url)) as first:
        inside = receiver.url.replace("http://127.0.0.1", "https://localhost")
        is_redirected = outcome == "redirected"
        store.set_up(telling(first.url if is_redirected else inside, allow_private=is_redirected))
        store.add(a_call(at=clock()))
        sending(store, clock)
        message = wait_for_outcome(store, outcome)
        store.end()
    assert message.state is MessageState.PENDING
    assert len(first.got) == is_redirected
    assert receiver.got == []


def test_a_gone_address_gets_no_messages_until_a_replay(
    store: Store, clock: HandClock, receiver: Receiver
) -> None:
    receiver.answer = always(410)
    store.set_up(telling(receiver.url))
    store.add(a_call(at=clock()))
    sending(store, clock)
    wait_for_outcome(store, "gone")
    store.add(a_call(at=clock()))
    wait_until(
        lambda: [message.state for message in messages(store)] == [MessageState.FAILED] * 2,
        10,
        "both",
    )
    assert len(receiver.got) == 1, "who is gone was told again"
    receiver.answer = always(204)
    assert MessageSearch(store.database).replay(MessageFilter(site="acme"), clock()) == 2
    wait_until(
        lambda: {message.state for message in messages(store)} == {MessageState.DELIVERED},
        10,
        "replays",
    )


@pytest.mark.process
def test_kill_9_between_the_commit_and_the_delivery_loses_no_message(
    tmp_path: Path, receiver: Receiver
) -> None:
    """The receiver holds back each answer while the dispatcher is killed, so nothing has been delivered
    yet."""
    store = Store(tmp_path / "callme.db")
    store.set_up(telling(receiver.url))
    killed = threading.Event()

    def hold_back(_: int) -> Response:
        killed.wait(30)
        return Response(status=204)

    receiver.answer = hold_back
    with stand_in() as vendor:
        settings = environment(store, vendor.url)
        with running(tmp_path, settings, "serve", "--port", "0") as server:
            calls = [visitor_of(server).ask_for_call(phone=f"202 300 20{n:02}") for n in range(5)]
            wait_until(store.all_over, 20, "the calls are over")
            wait_until(lambda: receiver.got, 20, "a message on its way")
            server.kill()
            killed.set()
        assert {message.state for message in messages(store)} == {MessageState.PENDING}
        receiver.got.clear()
        receiver.answer = always(204)
        past = utc_now() - timedelta(seconds=1)  # as if the pauses and leases had passed
        store.execute("UPDATE hook_messages SET due_at = :past", past=past.replace(tzinfo=None))
        with running(tmp_path, settings, "dispatch"):
            wait_until(
                lambda: {message.state for message in messages(store)} == {MessageState.DELIVERED},
                20,
                "all to be delivered",
            )
    # A request of the killed server may be read only now: such a message comes twice.
    for event in ("call.accepted", "call.connected"):
        assert {request.message["data"]["id"] for request in receiver.of(event)} == set(calls)
    store.close()


def test_a_claimed_message_cannot_be_claimed_again_before_its_lease_ends(
    store: Store, clock: HandClock
) -> None:
    store.set_up(telling("http://127.0.0.1:1/told"))
    store.add(a_call(at=clock()))
    outbox = OutboxRepository(store.database)
    assert outbox.claim(clock(), LEASE, ())
    assert outbox.claim(clock(), LEASE, ()) is None
    clock.move(LEASE.total_seconds())
    again = outbox.claim(clock(), LEASE, ())
    assert again
    assert again.message.attempt == 2


def test_senders_that_claim_at_once_never_get_the_same_message(
    store: Store, clock: HandClock
) -> None:
    store.set_up(telling("http://127.0.0.1:1/told"))
    for _ in range(40):
        store.add(a_call(at=clock()))
    outbox = OutboxRepository(store.database)

    def claim_some(_: int) -> list[str]:
        claimed = (outbox.claim(clock(), LEASE, ()) for _ in range(10))
        return [claim.message.id for claim in claimed if claim]

    with ThreadPoolExecutor(8) as pool:
        ids = [message_id for some in pool.map(claim_some, range(8)) for message_id in some]
    assert len(ids) == len(set(ids)), "a message was claimed twice within its lease"
    assert len(ids) >= 8
    assert {message.attempt for message in messages(store)} <= {0, 1}


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_one_hanging_receiver_does_not_delay_other_owners_messages(
    store: Store, clock: HandClock, receiver: Receiver
) -> None:
    with scripted_vendor(silence) as hanging:
        sites = telling(hanging.url, other={"url": receiver.url, "secret": SECRET})
        store.set_up(sites + "allow_private = true\n")
        for _ in range(20):
            store.add(a_call(at=clock()))
        store.add(a_call(at=clock(), site="other"))
        sending(store, clock)
        wait_until(lambda: receiver.got, 5, "the other owner's message")


@pytest.mark.parametrize("either_store", ["sqlite"], indirect=True)
def test_many_hanging_receivers_do_not_delay_other_owners_messages(
    store: Store, clock: HandClock, receiver: Receiver
) -> None:
    """They could take every place. Once it is known that they hang, half of the places stay free."""
    with scripted_vendor(silence) as hanging:
        sites = parse_sites(telling(hanging.url), "the tests' sites")
        many = {f"hung-{number}": sites["acme"] for number in range(4)}
        well = parse_sites(telling(receiver.url), "the tests' sites")["acme"]
        store.set_up()
        SiteRepository(store.database, clock).apply({**many, "well": well}, prune=True)
        for _ in range(16):
            for key in many:
                store.add(a_call(at=clock(), site=key))
        clock.move(1)
        store.add(a_call(at=clock(), site="well"))  # the last one to become due
        sending(store, clock, post=HookPost(read_seconds=1.5))
        wait_until(lambda: receiver.got, 7, "the message of the owner whose receiver is well")


def test_unreadable_hooks_delay_no_call_and_no_other_sites_messages(
    store: Store, clock: HandClock, receiver: Receiver
) -> None:
    """A newer Callme may have written them, for example. What happens meanwhile can be replayed."""
    store.set_up(telling(receiver.url))
    newer = parse_sites(telling(receiver.url), "the tests' sites")["acme"]
    SiteRepository(store.database, clock).apply({"newer": newer}, prune=False)
    meddle_with_hooks(store, "newer", {"since_next_year": True})
    unread, read = (store.add(a_call(at=clock(), site=site)) for site in ("newer", "acme"))
    for call in store.queue.claim("one", clock(), LEASE, 9):
        assert store.queue.settle(call, CallStatus.CONNECTED, clock())
    assert store.all_over()
    sending(store, clock)
    wait_until(lambda: len(receiver.got) == 2, 10, "the other site's news")
    assert {request.message["data"]["id"] for request in receiver.got} == {read.id}
    wait_until(lambda: len(failed(store)) == 2, 10, "messages that were given up")
    meddle_with_hooks(store, "newer", {})
    MessageSearch(store.database).replay(MessageFilter(site="newer"), clock())
    wait_until(lambda: len(receiver.got) == 4, 10, "what was replayed")
    assert receiver.got[-1].message["data"]["id"] == unread.id


def failed(store: Store) -> list[Message]:
    return [message for message in messages(store) if message.state is MessageState.FAILED]


def meddle_with_hooks(store: Store, site: str, more: dict[str, object]) -> None:
    """Store the site's hooks with `more`, which this Callme does not know."""
    known = sites_table.c.key == site
    with store.database.write() as connection:
        config = connection.execute(select(sites_table.c.config).where(known)).scalar_one()
        hooks = {name: config["hooks"][name] for name in ("url", "secret", "allow_private")} | more
        connection.execute(
            update(sites_table).where(known).values(config=config | {"hooks": hooks})
        )


def test_forgetting_a_person_and_old_calls_take_their_messages_along(
    tmp_path: Path, store: Store
) -> None:
    store.set_up(telling("http://127.0.0.1:1/told"))
    theirs = Visit("https://www.acme.example/?tel=2025550143", utm={"utm_term": "2025550143"})
    old = utc_now() - timedelta(days=2)
    store.add(a_call("+12025550143", status=CallStatus.BUSY, at=old, visit=theirs))
    store.add(a_call("+12025550143", at=utc_now(), visit=theirs))
    store.add(a_call("+12025550178", status=CallStatus.BUSY, at=utc_now() - timedelta(days=91)))
    assert len(messages(store)) == 3
    assert run(tmp_path, environment(store), "forget", "+12025550143").returncode == 0
    left = messages(store)
    assert sorted(message.event for message in left) == [
        "call.accepted",
        "call.accepted",
        "call.cancelled",
    ]
    assert run(tmp_path, environment(store), "purge").returncode == 0
    assert len(messages(store)) == 2
    with receiving() as receiver:
        store.set_up(telling(receiver.url))
        clock = HandClock()
        clock.now = utc_now()
        sending(store, clock)
        wait_until(lambda: len(receiver.got) == 2, 10, "what is left")
    for request in receiver.got:
        data = request.message["data"]
        assert (data["phone"], data["page_url"], data["utm"]) == (None, "", {})


@pytest.mark.process
def test_a_stop_is_not_held_up_and_no_secret_is_logged(tmp_path: Path, receiver: Receiver) -> None:
    store = Store(tmp_path / "callme.db")
    store.set_up(telling(receiver.url))
    with stand_in() as vendor:
        settings = environment(store, vendor.url)
        with running(tmp_path, settings, "serve", "--port", "0") as server:
            visitor_of(server).ask_for_call()
            wait_until(lambda: len(receiver.got) == 2, 20, "the messages")
            server.wait_for(r"(hook delivered)")
            server.send(signal.SIGTERM)
            assert server.wait(20) == 0
    assert SECRET not in server.output
    assert SECRET.removeprefix("whsec_") not in server.output
    store.close()
