"""However many visitors ask at the same time, there is never one call too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.helpers.callme import Store, Visitor
from tests.helpers.processes import RemoteClient, environment, listens_on, running
from tests.helpers.sites import both_sites
from tests.helpers.vendors import stand_in
from tests.helpers.waiting import wait_until

pytestmark = [pytest.mark.process, pytest.mark.unmeasured]

AT_ONCE = 200
PER_HOUR = 7


def statuses(origins: Sequence[str], phones: Sequence[str]) -> Counter[int]:
    """The responses to as many visitors, who all ask at once."""
    visitors = [Visitor(RemoteClient(origins[at % len(origins)])) for at, _ in enumerate(phones)]
    tokens = [visitor.token() for visitor in visitors]
    with ThreadPoolExecutor(24) as pool:
        answers = pool.map(
            lambda submission: submission[0].submit(phone=submission[1], token=submission[2]),
            zip(visitors, phones, tokens, strict=True),
        )
        return Counter(answer.status_code for answer in answers)


@pytest.mark.parametrize("on", ["sqlite", "postgresql"])
def test_two_hundred_concurrent_requests_do_not_exceed_the_limits(
    tmp_path: Path, request: pytest.FixtureRequest, on: str
) -> None:
    """One call to one number; to many numbers of a site, as many as its limit per hour."""
    settings: dict[str, object] = {}
    halves = [("serve",)]
    where: Path | str = tmp_path / "callme.db"
    if on == "postgresql":
        where = request.getfixturevalue("postgres_url")
        settings["redis_url"] = request.getfixturevalue("redis_url")
        halves = [("web",), ("web",), ("dispatch",)]
    store = Store(where)
    store.set_up(both_sites(limits={"per_hour": PER_HOUR}))
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
    store.close()
