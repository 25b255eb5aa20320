"""`callme demo` needs no settings, prints its addresses, shows everything, and leaves nothing behind."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
import requests

from tests.helpers.callme import Visitor
from tests.helpers.processes import Process, RemoteClient, environment, running
from tests.helpers.waiting import wait_until
from webapp.listening import listen

pytestmark = pytest.mark.process

ENDS_WITHIN = 15.0


def fetch(address: str) -> str:
    answer = requests.get(address, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.text


class Demo:
    """The addresses that a running demo prints, and a visitor of its landing page."""

    def __init__(self, process: Process) -> None:
        self.landing = process.wait_for(r"Callme's demo is at (http://127\.0\.0\.1:\d+)/")
        page = fetch(f"{self.landing}/")
        ((self.callme, self.site),) = set(re.findall(r'src="(http://[^/]+)/w/([a-z-]+)\.js"', page))
        (self.sandbox,) = re.findall(r'data-sandbox-url="([^"]+)"', page)
        self.visitor = Visitor(RemoteClient(self.callme), self.site, origin=self.landing)

    def ask_for_call(self) -> str:
        receptionists = self.visitor.get(f"/api/sites/{self.site}").get_json()["receptionists"]
        return self.visitor.ask_for_call(receptionist=receptionists[0]["key"])

    def expect_status(self, call_id: str, status: str) -> None:
        address = f"/api/calls/{call_id}"
        wait_until(lambda: self.visitor.get(address).get_json()["status"] == status, 20, status)


def test_the_demo_runs_page_api_and_sandbox_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    """It goes from the landing page to a ringing phone; then all children end within five seconds. The
    settings of the environment and of a .env file in the working directory are none of the demo's."""
    (tmp_path / ".env").write_text("CALLME_MAX_CALLS_IN_FLIGHT=nonsense\n")
    wrong = environment(secret_key="short", database_url="nonsense", trusted_proxy_hops=7)
    with running(tmp_path, wrong, "demo", "--port", "0", "--delay", "0") as process:
        demo = Demo(process)
        assert f'key:"{demo.site}"' in fetch(f"{demo.callme}/w/{demo.site}.js")
        assert fetch(f"{demo.landing}/batteries")
        demo.expect_status(demo.ask_for_call(), "connected")
        assert '"phone_to_call":"2025550100"' in fetch(f"{demo.sandbox}/_sandbox/calls")
        process.send(signal.SIGINT)
        assert process.wait(ENDS_WITHIN) == 0
        assert "Traceback" not in process.output
        for origin in (demo.landing, demo.callme, demo.sandbox):
            with pytest.raises(requests.ConnectionError):
                requests.get(origin, timeout=5)
    assert list(tmp_path.iterdir()) == [tmp_path / ".env"], "the demo left files behind"


def test_the_demo_ends_at_once_while_a_phone_rings(tmp_path: Path) -> None:
    with running(tmp_path, environment(), "demo", "--port", "0", "--delay", "600") as process:
        demo = Demo(process)
        demo.expect_status(demo.ask_for_call(), "dialing")
        process.send(signal.SIGTERM)
        assert process.wait(ENDS_WITHIN) == 0
        assert "Traceback" not in process.output


def test_the_demo_says_when_its_port_is_taken(tmp_path: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        with running(tmp_path, environment(), "demo", "--port", port) as process:
            assert process.wait(20) == 1
            said = f"callme: port {port} of 127.0.0.1 is in use; choose another with --port\n"
            assert process.output == said


def test_closing_the_terminal_ends_the_demo_and_its_server(tmp_path: Path) -> None:
    with running(tmp_path, environment(), "demo", "--port", "0") as process:
        demo = Demo(process)
        process.send(signal.SIGHUP)
        assert process.wait(ENDS_WITHIN) == 0
        with pytest.raises(requests.ConnectionError):
            requests.get(demo.callme, timeout=5)
