"""Whatever is killed, frozen or cut off, no accepted call is lost and none is rung twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.runs import disturb_many_processes, kill_one_process

pytestmark = [pytest.mark.process, pytest.mark.unmeasured, pytest.mark.timeout(400)]


def test_one_process_killed_repeatedly_loses_and_repeats_no_call(tmp_path: Path) -> None:
    report = kill_one_process(tmp_path, kills=8, seed=8)
    assert not report.wrong, report
    assert report.accepted > 20, report


def test_many_processes_under_every_fault_lose_and_repeat_no_call(tmp_path: Path) -> None:
    report = disturb_many_processes(tmp_path, faults=7, seed=7)
    assert not report.wrong, report
    assert report.accepted > 20, report
