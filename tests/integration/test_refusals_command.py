"""`callme refusals`: what was refused, how often, and what each code means."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from tests.helpers.callme import running_callme
from tests.helpers.processes import environment
from webapp.cli import main
from webapp.domain.refusals import Reason, meaning_of


def test_each_refusal_is_told_with_its_count_and_its_meaning(tmp_path: Path) -> None:
    with running_callme(tmp_path) as callme:
        visitor = callme.visitor()
        for _ in range(2):
            visitor.submit(phone="12", receptionist="nobody")
        visitor.get("/api/sites/nobody")
        callme.app.extensions["callme_refusals"].write()
        settings = environment(callme.store)
    result = CliRunner(env=settings).invoke(main, ["refusals"])
    assert result.exit_code == 0, result.output
    rows = {tuple(line.split("\t")[1:]) for line in result.stdout.splitlines()}
    assert rows == {
        ("acme", "phone_too_short", "2", Reason.PHONE_TOO_SHORT.meaning),
        ("acme", "receptionist_unknown", "2", "The site has no receptionist with this key."),
        ("-", "site_unknown", "1", "No site has this key."),
    }
    of_one = CliRunner(env=settings).invoke(main, ["refusals", "acme", "--hours", "1"])
    assert len(of_one.stdout.splitlines()) == 2


def test_an_unknown_refusal_code_has_an_empty_meaning() -> None:
    assert meaning_of("of_tomorrow") == ""
