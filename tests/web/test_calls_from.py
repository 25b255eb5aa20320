"""The number that will show on the visitor's phone is told while it is about to ring."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.callme import running_callme
from tests.helpers.sites import both_sites
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError

SALES = {"key": "sales", "label": "Sales", "menu_id": "55443322"}
NUMBER = "+12025550177"


@pytest.mark.parametrize(
    ("calls_from", "said"),
    [
        pytest.param(NUMBER, "The call comes from (202) 555-0177.", id="told"),
        pytest.param("+442079460000", "The call comes from +44 20 7946 0000.", id="from abroad"),
        pytest.param(None, "", id="not told"),
    ],
)
def test_the_number_is_told_while_the_phone_is_about_to_ring(
    tmp_path: Path, calls_from: str | None, said: str
) -> None:
    receptionist = SALES | ({"calls_from": calls_from} if calls_from else {})
    with running_callme(tmp_path, sites=both_sites(receptionists=[receptionist])) as callme:
        visitor = callme.visitor()
        status = f"/api/calls/{visitor.ask_for_call()}"
        page = status.replace("/api/calls", "/call/acme")
        waiting = visitor.get(status).get_json()
        assert waiting["calls_from"] == calls_from
        assert "comes from" not in waiting["message"]
        callme.store.execute("UPDATE calls SET status = 'dialing'")
        expected = f"Please pick up: it is Acme Corp. {said}".strip()
        assert visitor.get(status).get_json()["message"] == expected
        shown = visitor.get(page).text
        assert ("comes from" in shown) is bool(said)


def test_a_number_that_is_none_is_refused_by_name() -> None:

    with pytest.raises(ConfigurationError, match=r"acme\.receptionists\[0\]\.calls_from"):
        parse_sites(both_sites(receptionists=[SALES | {"calls_from": "555"}]), "sites.toml")
