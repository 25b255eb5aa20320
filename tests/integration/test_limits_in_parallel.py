"""However many visitors ask at the same time, there is never one call too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Store, Visitor
from tests.helpers.processes import RemoteClient, environment, listens_on, running
from tests.helpers.sites import ORIGIN, OTHER_ORIGIN, other_site, site, sites_toml
from tests.helpers.vendors import stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus

pytestmark = [pytest.mark.process, pytest.mark.unmeasured]

AT_ONCE = 200
PER_HOUR = 7
PLANNING = 50
LATER = other_site(
    later={"per_slot": 2},
    quiet={"from": "03:58", "until": "03:59"},
    receptionists=[{"key": "all", "label": "Everybody", "menu_id": "1"}],
)
"""Times can be chosen at nearly every hour."""


def answers(
    origins: Sequence[str], phones: Sequence[str], site: str = "acme", **fields: str
) -> list[TestResponse]:
    """The responses to as many visitors, who all ask at once."""
    visitors = [visitor_of(origins, at, site) for at, _ in enumerate(phones)]
    tokens = [visitor.token() for visitor in visitors]
    with ThreadPoolExecutor(24) as pool:
        return [
            *pool.map(
                lambda visitor, phone, token: visitor.submit(phone=phone, token=token, **fields),
                visitors,
                phones,
                tokens,
            )
        ]


def statuses(origins: Sequence[str], phones: Sequence[str]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers(origins, phones))


def visitor_of(origins: Sequence[str], at: int, site: str) -> Visitor:
    page = OTHER_ORIGIN if site == "other" else ORIGIN
    return Visitor(RemoteClient(origins[at % len(origins)]), site, page)


def expect_two_places(origins: Sequence[str], store: Store) -> None:
    """Fifty visitors want a slot of two at once: two get it, the others are offered the next ones."""
    visitor = visitor_of(origins, 0, "other")
    offered = visitor.post("/api/sites/other/slots", data={"receptionist": "all"}).get_json()
    wanted = offered["days"][1]["slots"][0]["at"]
    phones = [f"020 7946 0{at:03}" for at in range(PLANNING)]
    got = answers(origins, phones, "other", when=wanted, receptionist="all")
    assert Counter(answer.status_code for answer in got) == {202: 2, 422: PLANNING - 2}
    refused = [answer.get_json() for answer in got if answer.status_code == 422]
    assert all(wanted not in problem["choices"] and problem["choices"] for problem in refused)
    scheduled = [call for call in store.all_calls() if call.status is CallStatus.SCHEDULED]
    assert len(scheduled) == 2


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_two_hundred_concurrent_requests_do_not_exceed_the_limits(
    tmp_path: Path, request: pytest.FixtureRequest, on: str
) -> None:
    """One call to one number; to many numbers of a site, as many as its limit per hour; to one slot, as
    many as it has places."""
    settings: dict[str, object] = {}
    halves = [("serve",)]
    where: Path | str = tmp_path / "callme.db"
    if on == "postgresql":
        where = request.getfixturevalue("postgres_url")
        settings["redis_url"] = request.getfixturevalue("redis_url")
        halves = [("web",), ("web",), ("dispatch",)]
    store = Store(where)
    store.set_up(sites_toml(acme=site(limits={"per_hour": PER_HOUR}), other=LATER))
    with stand_in() as vendor, ExitStack() as stack:
        processes = [
            stack.enter_context(
                running(
                    tmp_path,
                    environment(store, vendor.url, **settings),
                    *half,
                    *(() if half == ("dispatch",) else ("--port", "0")),
                )
            )
            for half in halves
        ]
        origins = [
            listens_on(process)
            for half, process in zip(halves, processes, strict=True)
            if half != ("dispatch",)
        ]
        assert statuses(origins, ["2025550100"] * AT_ONCE) == {202: 1, 429: AT_ONCE - 1}
        others = [f"202 556 {2000 + at}" for at in range(AT_ONCE)]
        left = PER_HOUR - 1
        assert statuses(origins, others) == {202: left, 503: AT_ONCE - left}
        wait_until(lambda: len(store.statuses()) == PER_HOUR and store.all_over(), 20, "all over")
        assert len(vendor.phones) == len(set(vendor.phones)) == PER_HOUR
        expect_two_places(origins, store)
    store.close()
