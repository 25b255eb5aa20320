"""/metrics tells Prometheus how Callme is doing, and tells nobody else anything."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.helpers.callme import Callme, running_callme
from tests.helpers.calls import a_call
from tests.helpers.clock import HandClock
from tests.helpers.scrapes import TOKEN, scrape
from tests.helpers.sites import SALES_MENU, site, sites_toml
from tests.helpers.vendors import StandIn
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus
from webapp.domain.clock import utc_now
from webapp.domain.post_call import PostCall, PostCallResult
from webapp.domain.suppression import Fingerprint
from webapp.store.breakers import WHOLE_VENDOR, BreakerRepository
from webapp.store.pauses import PauseRepository
from webapp.store.post_calls import PostCallRepository
from webapp.store.retention import CALLS, RetentionRepository


@pytest.fixture
def metered(tmp_path: Path, vendor: StandIn) -> Iterator[Callme]:
    """Callme with its dispatcher, and a token for its metrics."""
    with running_callme(
        tmp_path, vendor_url=vendor.url, dispatcher=True, metrics_token=TOKEN
    ) as running:
        yield running


@pytest.fixture
def idle(tmp_path: Path) -> Iterator[Callme]:
    """Callme without a dispatcher, so that calls stay as the test stored them."""
    with running_callme(tmp_path, metrics_token=TOKEN) as running:
        yield running


def test_without_a_metrics_token_the_public_port_has_no_metrics(callme: Callme) -> None:
    assert callme.visitor().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="missing"),
        pytest.param("", id="empty"),
        pytest.param("Bearer ", id="no token"),
        pytest.param(f"Bearer {TOKEN}x", id="one letter more"),
        pytest.param(f"Bearer {TOKEN[:-1]}", id="one letter less"),
        pytest.param(f"Basic {TOKEN}", id="another scheme"),
        pytest.param(TOKEN, id="no scheme"),
        pytest.param("Bearer \xe9", id="no ASCII"),
    ],
)
def test_without_the_right_token_a_scrape_is_unauthorized(idle: Callme, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    answer = idle.visitor().get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "callme_" not in answer.text


def test_requests_are_counted_by_route_and_not_by_path(idle: Callme) -> None:
    visitor = idle.visitor()
    for path in ("/api/sites/acme", "/api/sites/other", "/api/calls/2025550143", "/2025550143"):
        visitor.get(path)
    visitor.open("2025550143", "/healthz")
    seen = scrape(visitor)
    http = "callme_http_requests_total"
    assert seen.value(http, route="/api/sites/<site_key>", method="GET", status="200") == 2
    assert seen.value(http, route="/api/calls/<call_id>", method="GET", status="404") == 1
    assert seen.value(http, route="none", method="GET", status="404") == 1
    assert seen.value(http, route="none", method="other", status="405") == 1
    assert seen.value("callme_http_request_seconds_count", route="/api/sites/<site_key>") == 2
    assert "2025550143" not in seen.text


def test_calls_are_counted_by_state_and_timed(metered: Callme) -> None:
    visitor = metered.visitor()
    ids = [visitor.ask_for_call(phone=f"(202) 555-{last}") for last in ("0100", "0101", "0103")]
    wait_until(
        lambda: all(metered.store.status(call_id).final for call_id in ids), 20, "the calls' end"
    )
    wait_until(lambda: metered.dispatcher and not metered.dispatcher.in_flight, 20, "all is over")
    seen = scrape(visitor)
    for state in ("connected", "busy", "failed"):
        assert seen.value("callme_calls_total", site="acme", state=state) == 1
    assert seen.value("callme_claim_seconds_count") == 3
    assert 0 <= seen.value("callme_claim_seconds_sum") < 20
    assert seen.value("callme_vendor_seconds_count", outcome="answered") == 2
    assert seen.value("callme_vendor_seconds_count", outcome="refused") == 1
    assert seen.value("callme_calls_last_day") == 3
    assert seen.value("callme_site_calls_last_day", site="acme") == 3
    assert seen.value("callme_site_calls_last_day", site="other") == 0
    assert seen.value("callme_database_up") == 1


def test_refusals_count_by_reason(idle: Callme) -> None:
    visitor = idle.visitor()
    visitor.submit(phone="1", receptionist="nobody")
    visitor.submit(token="forged")
    seen = scrape(visitor)
    assert seen.value("callme_refusals_total", reason="token_forged") == 1
    assert seen.value("callme_refusals_total", reason="receptionist_unknown") == 1


def test_counters_without_events_are_shown_as_zero(idle: Callme) -> None:
    """Prometheus sees no increase when a series begins at 1, so the first lost answer would raise no
    alarm."""
    text = scrape(idle.visitor()).text
    assert 'callme_calls_total{site="acme",state="unknown"} 0.0' in text
    assert 'callme_calls_total{site="other",state="connected"} 0.0' in text
    assert 'callme_refusals_total{reason="crash"} 0.0' in text
    assert "callme_lease_expiries_total 0.0" in text
    assert "callme_broken_promises_total 0.0" in text


def test_the_queues_age_is_that_of_the_call_that_should_have_been_dialled_first(
    tmp_path: Path, clock: HandClock
) -> None:
    """A call that was put back for later and a call of a paused site do not wait for a dispatcher."""
    with running_callme(tmp_path, metrics_token=TOKEN, clock=clock) as callme:
        visitor = callme.visitor()
        assert scrape(visitor).value("callme_queue_age_seconds") == 0
        callme.store.add(a_call(at=clock() - timedelta(seconds=40)))
        callme.store.add(a_call(at=clock() - timedelta(seconds=70), site="other"))
        callme.store.add(a_call(at=clock() + timedelta(seconds=40)))
        seen = scrape(visitor)
        assert seen.value("callme_queue_age_seconds") == 70
        assert seen.value("callme_calls_queued") == 3
        PauseRepository(callme.store.database, clock).pause("other")
        assert scrape(visitor).value("callme_queue_age_seconds") == 40


def test_the_in_flight_gauge_counts_calls_of_all_dispatchers(idle: Callme) -> None:
    for _ in range(3):
        idle.store.add(a_call())
    idle.store.queue.claim("somebody", utc_now(), timedelta(seconds=15), 2)
    seen = scrape(idle.visitor())
    assert seen.value("callme_calls_in_flight") == 2
    assert seen.value("callme_calls_queued") == 1


def test_a_call_that_is_lost_with_its_dispatcher_is_counted(metered: Callme) -> None:
    long_ago = utc_now() - timedelta(seconds=60)
    lost = metered.store.add(a_call(at=long_ago, status=CallStatus.DIALING))
    metered.store.execute(
        "UPDATE calls SET lease_owner = 'gone', lease_expires_at = :at WHERE id = :id",
        at=f"{long_ago:%Y-%m-%d %H:%M:%S.%f}",
        id=lost.id,
    )
    wait_until(lambda: metered.store.status(lost.id) is CallStatus.UNKNOWN, 10, "it is settled")
    visitor = metered.visitor()
    wait_until(
        lambda: scrape(visitor).value("callme_lease_expiries_total") == 1, 5, "it is counted"
    )
    assert scrape(visitor).value("callme_calls_total", site="acme", state="unknown") == 1


@pytest.mark.parametrize(
    ("threshold", "menu_id", "minutes_ago", "shown"),
    [
        (2, WHOLE_VENDOR, 0, (1, 0)),
        (2, WHOLE_VENDOR, 70, (1, 0)),
        (2, SALES_MENU, 50, (0, 1)),
        (2, SALES_MENU, 70, (0, 0)),
        (0, SALES_MENU, 0, (0, 0)),
    ],
)
def test_open_breakers_are_shown_in_the_metrics(
    tmp_path: Path, threshold: int, menu_id: str, minutes_ago: int, shown: tuple[int, int]
) -> None:
    """A menu without calls shows for an hour: nobody could close its breaker."""

    def then() -> datetime:
        return utc_now() - timedelta(minutes=minutes_ago)

    with running_callme(tmp_path, metrics_token=TOKEN, breaker_failures=threshold) as callme:

        def gauges() -> tuple[float, float]:
            seen = scrape(callme.visitor())
            return seen.value("callme_breaker_open"), seen.value("callme_menus_down")

        breaker = BreakerRepository(callme.store.database, then, "dialogtech", 2)
        breaker.failed(menu_id)
        assert gauges() == (0, 0)
        breaker.failed(menu_id)
        assert gauges() == shown


def test_budgets_are_shown_beside_what_was_spent(tmp_path: Path) -> None:
    sites = sites_toml(acme=site(limits={"per_day": 10}))
    with running_callme(tmp_path, metrics_token=TOKEN, sites=sites, calls_per_day=50) as callme:
        callme.store.add(a_call())
        callme.store.add(a_call(at=utc_now() - timedelta(hours=25)))
        seen = scrape(callme.visitor())
    assert seen.value("callme_calls_per_day_limit") == 50
    assert seen.value("callme_site_calls_per_day_limit", site="acme") == 10
    assert seen.value("callme_calls_last_day") == 1
    assert seen.value("callme_site_calls_last_day", site="acme") == 1


def test_no_counter_falls_when_calls_are_deleted(idle: Callme) -> None:
    """Prometheus would take that for a restart and count all remaining ones again."""
    month_ago = utc_now() - timedelta(days=30)
    for status in (CallStatus.BUSY, CallStatus.BUSY, CallStatus.UNKNOWN):
        idle.store.add(a_call("+12025550122", status=status, at=month_ago))
    idle.store.add(a_call("+12025550133", status=CallStatus.BUSY, at=month_ago))
    records = RetentionRepository(idle.store.database, Fingerprint("k" * 32))
    visitor = idle.visitor()

    def shown() -> tuple[float, float]:
        seen = scrape(visitor)
        busy, unknown = (
            seen.value("callme_calls_total", site="acme", state=state)
            for state in ("busy", "unknown")
        )
        return busy, unknown

    assert shown() == (3, 1)
    assert records.forget("+12025550122", utc_now()).deleted == 3
    assert shown() == (3, 1)
    assert records.delete_batch(CALLS, "acme", utc_now()) == (1, False)
    assert shown() == (3, 1)
    assert idle.store.all_calls() == []


def test_no_counter_falls_when_an_unknown_call_is_settled_after_all(idle: Callme) -> None:
    """It counts as unknown, which operators were alerted to, and as connected."""
    call = idle.store.add(a_call(status=CallStatus.UNKNOWN, at=utc_now()))
    visitor = idle.visitor()

    def shown(state: str) -> float:
        return scrape(visitor).value("callme_calls_total", site="acme", state=state)

    assert (shown("unknown"), shown("connected")) == (1, 0)
    report = PostCall(frozenset({call.phone}), 0, "vendor-1", busy=False)
    reports = PostCallRepository(idle.store.database)
    assert reports.take("acme", report, utc_now())[0] is PostCallResult.NOTED
    assert (shown("unknown"), shown("connected")) == (1, 0)
    call = idle.store.add(a_call("+12025550133", status=CallStatus.UNKNOWN, at=utc_now()))
    report = PostCall(frozenset({call.phone}), 3, "vendor-2", busy=False)
    assert reports.take("acme", report, utc_now())[0] is PostCallResult.SETTLED
    assert (shown("unknown"), shown("connected")) == (2, 1)


def test_a_process_shows_its_own_metrics_while_the_database_is_away(tmp_path: Path) -> None:
    with running_callme(
        tmp_path, metrics_token=TOKEN, database_url=f"sqlite:///{tmp_path / 'empty.db'}"
    ) as callme:
        visitor = callme.visitor()
        visitor.get("/healthz")
        seen = scrape(visitor)
    assert seen.value("callme_database_up") == 0
    assert "callme_calls_in_flight" not in seen.names
    http = "callme_http_requests_total"
    assert seen.value(http, route="/healthz", method="GET", status="200") == 1
