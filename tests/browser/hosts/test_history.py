"""Pages that the browser keeps while the visitor is elsewhere, or prepares before the visitor comes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.hosts.conftest import PATIENCE_MS
from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.visits import Visit, no_trouble
from tests.helpers.sites import SALES_MENU
from tests.helpers.waiting import wait_until

NOTE_RETURNS = "addEventListener('pageshow', event => { window.returned = event.persisted; });"


@pytest.fixture
def page(whole_browser: Browser) -> Iterator[Page]:
    context = whole_browser.new_context(reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(NOTE_RETURNS)
    page = context.new_page()
    with no_trouble(page):
        yield page
    context.close()


def go_away_and_back(visit: Visit, meanwhile: Callable[[], None] = lambda: None) -> None:
    """The page comes back as it was: it is not loaded again."""
    visit.page.goto(f"{visit.grounds.hosts}/blank")
    meanwhile()
    visit.page.go_back(wait_until="commit")
    visit.page.wait_for_function("window.returned")


@pytest.mark.parametrize("name", ["calm", "calm-inline"])
def test_the_widget_works_after_back_to_a_page_from_the_browsers_cache(
    grounds: Grounds, page: Page, name: str
) -> None:
    """The panel may have been closed, open or after a call when the visitor left."""
    page.goto(f"{grounds.hosts}/{name}")
    visit = Visit(page, grounds)
    visit.launcher.wait_for()
    go_away_and_back(visit)
    visit.open()
    visit.phone.fill("12")
    typed = visit.phone.input_value()
    go_away_and_back(visit)
    visit.is_open()
    assert visit.phone.input_value() == typed
    visit.is_connected(visit.send())
    go_away_and_back(visit)
    visit.shut()
    visit.connect()


def test_a_call_answered_while_the_visitor_is_on_another_page_shows_on_return(
    grounds: Grounds, page: Page
) -> None:
    """The phone was answered meanwhile: the page says so as soon as the visitor is back."""
    page.goto(f"{grounds.hosts}/calm")
    visit = Visit(page, grounds)
    visit.open()
    phone, answered = visit.send_and_let_ring()
    go_away_and_back(visit, answered.set)
    visit.is_connected(phone)
    visit.shut()


class Unwatched:
    """A tab that no debugger looks at, as Chromium prerenders for no other. Seen from outside only."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._cdp = browser.new_browser_cdp_session()
        self._context = self._cdp.send("Target.createBrowserContext")["browserContextId"]
        where = {"url": address, "browserContextId": self._context}
        self._cdp.send("Target.createTarget", where)
        self._ids = itertools.count(1)
        self._answers: dict[int, dict[str, Any]] = {}
        self._cdp.on("Target.receivedMessageFromTarget", self._receive)

    def page_at(self, address: str) -> str:
        """The id of the page that is shown, once its address begins so."""

        def shown() -> str:
            targets = self._cdp.send("Target.getTargets")["targetInfos"]
            ours = [target for target in targets if target.get("browserContextId") == self._context]
            return next(
                (str(target["targetId"]) for target in ours if target["url"].startswith(address)),
                "",
            )

        return wait_until(shown, 15, f"the page at {address}")

    def run(self, target: str, script: str) -> Any:
        """What the script comes to, there. From now on the tab is watched."""
        attached = self._cdp.send("Target.attachToTarget", {"targetId": target, "flatten": False})
        wanted = {"expression": script, "awaitPromise": True, "returnByValue": True}
        message = {"id": next(self._ids), "method": "Runtime.evaluate", "params": wanted}
        sent = {"sessionId": attached["sessionId"], "message": json.dumps(message)}
        self._cdp.send("Target.sendMessageToTarget", sent)

        def answer() -> dict[str, Any] | None:
            self._cdp.send("Target.getTargets")  # messages come in while something is asked
            return self._answers.get(message["id"])  # type: ignore[call-overload, no-any-return]

        came = wait_until(answer, 15, "the page's answer")
        assert came
        assert "exceptionDetails" not in came["result"], came
        return came["result"]["result"].get("value")

    def close(self) -> None:
        self._cdp.send("Target.disposeBrowserContext", {"browserContextId": self._context})
        self._cdp.detach()

    def _receive(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._answers[message["id"]] = message


WHOLE_PATH = """
(async () => {
  const host = document.querySelector('call-me');
  const part = name => host.shadowRoot.querySelector(`[part~=${name}]`);
  const until = async state => {
    while (host.dataset.state !== state) await new Promise(done => setTimeout(done, 20));
  };
  part('launcher').click();
  await until('open');
  part('phone').value = 'PHONE';
  part('submit').click();
  await until('connected');
  const {activationStart} = performance.getEntriesByType('navigation')[0];
  return {prerendered: window.prerendered, activated: activationStart > 0, troubles: window.troubles};
})()
"""


@pytest.fixture
def unwatched(whole_browser: Browser, grounds: Grounds) -> Iterator[Unwatched]:
    tab = Unwatched(whole_browser, f"{grounds.hosts}/on-the-way-to-prerendered")
    yield tab
    tab.close()


def test_a_prerendered_page_has_its_button_when_it_is_shown(
    grounds: Grounds, unwatched: Unwatched
) -> None:
    """Made ready in the background, activated when the visitor comes, and complete."""
    target = unwatched.page_at(f"{grounds.hosts}/prerendered")
    phone = grounds.new_phone()
    came = unwatched.run(target, WHOLE_PATH.replace("PHONE", phone))
    assert came == {"prerendered": 1, "activated": True, "troubles": []}
    assert grounds.menus(phone) == [SALES_MENU]
