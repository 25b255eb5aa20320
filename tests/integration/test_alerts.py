"""The alerts fire when they should and not before; they and the dashboard query existing metrics."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.callme import running_callme
from tests.helpers.programs import PROGRAMS, need
from tests.helpers.scrapes import TOKEN, Scrape, scrape
from tests.helpers.vendors import stand_in
from tests.helpers.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
GUIDE = Path(__file__).parents[2] / "docs" / "monitoring.md"
ALERTS = DEPLOY / "alerts.yml"
MINUTE = "1m"


def promtool(*arguments: str | Path, text: str | None = None) -> str:
    """promtool's output; fails the test if promtool finds a fault."""
    need("promtool")
    program = str(PROGRAMS["promtool"].find())
    ended = subprocess.run(
        [program, *map(str, arguments)], input=text, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture
def seen(tmp_path: Path) -> Scrape:
    """A scrape after a call and a refusal, so that every metric has a sample."""
    with (
        stand_in() as vendor,
        running_callme(
            tmp_path, vendor_url=vendor.url, dispatcher=True, metrics_token=TOKEN
        ) as callme,
    ):
        visitor = callme.visitor()
        call_id = visitor.ask_for_call()
        wait_until(lambda: callme.store.status(call_id).final, 10, "the call's end")
        visitor.submit(token="forged")
        return scrape(visitor)


def test_the_rules_are_well_formed() -> None:
    assert "11 rules found" in promtool("check", "rules", ALERTS)


def test_the_metrics_keep_to_prometheus_conventions(seen: Scrape) -> None:
    assert promtool("check", "metrics", text=seen.text) == ""


@pytest.mark.parametrize("name", ["alerts.yml", "grafana.json"])
def test_alerts_and_dashboard_query_existing_metrics_only(seen: Scrape, name: str) -> None:
    queried = set(re.findall(r"\bcallme_\w+", (DEPLOY / name).read_text()))
    assert len(queried) > 5
    assert queried <= seen.names, f"{name} asks for what is never told"


def test_every_metric_is_on_the_dashboard_and_in_the_guide(seen: Scrape) -> None:
    board, guide = (DEPLOY / "grafana.json").read_text(), GUIDE.read_text()
    families = {family.name for family in seen.families}
    assert {name for name in families if name not in board} == set()
    assert {name for name in families if name not in guide} == set()


def test_every_alert_has_its_place_in_the_guide() -> None:
    names = re.findall(r"- alert: (\w+)", ALERTS.read_text())
    headings = re.findall(r"^### (\w+)$", GUIDE.read_text(), re.MULTILINE)
    assert names == headings
    runbooks = re.findall(r"runbook: docs/monitoring.md#(\w+)", ALERTS.read_text())
    assert runbooks == [name.lower() for name in names]


def test_the_dashboard_can_be_loaded() -> None:
    board = json.loads((DEPLOY / "grafana.json").read_text())
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids)) > 10
    assert all(target["expr"] for panel in board["panels"] for target in panel["targets"])


CALLS = "callme_calls_total"


@pytest.mark.parametrize(
    ("alert", "series", "rings"),
    [
        pytest.param("CallmeQueueOld", {"callme_queue_age_seconds": "0 60x40"}, True, id="old"),
        pytest.param("CallmeQueueOld", {"callme_queue_age_seconds": "15x40"}, False, id="young"),
        pytest.param("CallmeBreakerOpen", {"callme_breaker_open": "1x40"}, True, id="open"),
        pytest.param("CallmeBreakerOpen", {"callme_breaker_open": "0x40"}, False, id="closed"),
        pytest.param("CallmeMenuDown", {"callme_menus_down": "2x40"}, True, id="two menus"),
        pytest.param("CallmeMenuDown", {"callme_menus_down": "0x40"}, False, id="well"),
        pytest.param("CallmeDatabaseAway", {"callme_database_up": "0x40"}, True, id="away"),
        pytest.param(
            "CallmeUnknownRate",
            {
                f'{CALLS}{{site="a",state="unknown"}}': "0+1x40",
                f'{CALLS}{{site="a",state="busy"}}': "0+9x40",
            },
            True,
            id="one in ten unknown",
        ),
        pytest.param(
            "CallmeUnknownRate",
            {
                f'{CALLS}{{site="a",state="unknown"}}': "0+1x40",
                f'{CALLS}{{site="a",state="busy"}}': "0+99x40",
            },
            False,
            id="one in a hundred unknown",
        ),
        pytest.param(
            "CallmeUnknownRate",
            {f'{CALLS}{{site="a",state="unknown"}}': "0x20 1x20"},
            False,
            id="a single one in a quiet night",
        ),
        pytest.param(
            "CallmeSpendNearCap",
            {"callme_calls_last_day": "81x40", "callme_calls_per_day_limit": "100x40"},
            True,
            id="near the cap",
        ),
        pytest.param(
            "CallmeSpendNearCap",
            {"callme_calls_last_day": "80x40", "callme_calls_per_day_limit": "100x40"},
            False,
            id="below the cap",
        ),
        pytest.param(
            "CallmeSpendNearCap",
            {"callme_calls_last_day": "80x40", "callme_calls_per_day_limit": "0x40"},
            False,
            id="no cap",
        ),
        pytest.param(
            "CallmeSiteSpendNearCap",
            {
                'callme_site_calls_last_day{site="a"}': "9x40",
                'callme_site_calls_per_day_limit{site="a"}': "10x40",
                'callme_site_calls_last_day{site="b"}': "9x40",
                'callme_site_calls_per_day_limit{site="b"}': "0x40",
            },
            True,
            id="one site near its cap",
        ),
        pytest.param(
            "CallmeLeasesExpire", {"callme_lease_expiries_total": "0x20 1x20"}, True, id="lost"
        ),
        pytest.param(
            "CallmePromisesBroken",
            {"callme_broken_promises_total": "0x20 1x20"},
            True,
            id="a promise broken",
        ),
        pytest.param(
            "CallmeFaults",
            {'callme_refusals_total{reason="crash"}': "0+1x40"},
            True,
            id="faults",
        ),
        pytest.param(
            "CallmeFaults",
            {'callme_refusals_total{reason="token_forged"}': "0+9x40"},
            False,
            id="what is refused for good reason",
        ),
        pytest.param("CallmeDown", {'up{job="callme"}': "0x40"}, True, id="down"),
    ],
)
def test_an_alert_rings_when_it_should(
    tmp_path: Path, alert: str, series: dict[str, str], rings: bool
) -> None:
    """Two processes report the same figures from the database, which must count once."""
    inputs = [
        {"series": with_label(name, process), "values": values}
        for name, values in series.items()
        for process in ("one", "two")
    ]
    case: dict[str, Any] = {"interval": MINUTE, "input_series": inputs}
    # promtool compares whole alerts, so their number is checked with an expression.
    case["promql_expr_test"] = [
        {
            "expr": f'count(ALERTS{{alertname="{alert}",alertstate="firing"}}) > bool 0',
            "eval_time": "35m",
            "exp_samples": [{"labels": "{}", "value": 1}] if rings else [],
        }
    ]
    rules = {"rule_files": [str(ALERTS)], "evaluation_interval": MINUTE, "tests": [case]}
    file = tmp_path / "rules.json"
    file.write_text(json.dumps(rules))
    promtool("test", "rules", file)


def with_label(series: str, process: str) -> str:
    """The same series as another process reports it."""
    instance = f'instance="{process}"'
    return series.replace("{", f"{{{instance},", 1) if "{" in series else f"{series}{{{instance}}}"
