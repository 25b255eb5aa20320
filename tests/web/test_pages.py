"""The hosted page takes a visitor from the form to the answered phone without any script."""

from __future__ import annotations

import re
import uuid
from html.parser import HTMLParser
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, Visitor, aged, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import FALLBACK_PHONE, OTHER_ORIGIN
from tests.helpers.vendors import StandIn, stand_in
from tests.helpers.waiting import wait_until
from webapp.domain.calls import CallStatus

PAGE = "/call/acme"


class Page(HTMLParser):
    """What a browser sees without scripts: title, headings, inputs with their attributes, texts."""

    def __init__(self, answer: TestResponse) -> None:
        super().__init__()
        assert answer.mimetype == "text/html", answer.text
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, str] = {}
        self._open = ""
        self.feed(answer.text)
        assert self.texts["title"].strip(), "a page without a title"
        assert self.texts["h1"].strip(), "a page without a heading"
        ids = [attributes["id"] for _, attributes in self.elements if "id" in attributes]
        assert len(ids) == len(set(ids)), f"an id stands twice: {ids}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def by_id(self, wanted: str) -> dict[str, str]:
        (element,) = [found for _, found in self.elements if found.get("id") == wanted]
        return element

    def form(self) -> dict[str, str]:
        """The fields as a browser would send them a little later, with only the ticked boxes."""
        (form,) = self.all("form")
        assert form["method"] == "post"
        fields = {
            field["name"]: field.get("value", "")
            for field in self.all("input")
            if field.get("type") not in ("radio", "checkbox") or "checked" in field
        }
        return fields | {"token": aged(fields["token"])}


def filled(visitor: Visitor, **typed: str) -> dict[str, str]:
    """The hosted page's form, filled in by a person."""
    form = Page(visitor.get(PAGE)).form()
    return form | {"phone": "(202) 555-0100", "receptionist": "sales"} | typed


@pytest.fixture
def visitor(callme: Callme) -> Visitor:
    """Somebody who opens the page directly, from a link or a QR code, without an Origin."""
    return callme.visitor(origin=None)


def test_the_page_has_everything_that_the_form_needs(visitor: Visitor) -> None:
    answer = visitor.get(PAGE)
    page = Page(answer)
    assert answer.status_code == 200
    assert page.texts["title"] == "Acme Corp calls you"
    (form,) = page.all("form")
    assert form["action"] == PAGE
    fields = {"phone", "receptionist", "consent", "token", "request_id", "page_url", "referrer"}
    assert page.form().keys() == fields | {"website", "locale"}
    assert page.by_id("phone")["type"] == "tel"
    assert page.by_id("phone")["autocomplete"] == "tel"
    assert {"for": "phone"} in page.all("label")
    radios = [field["value"] for field in page.all("input") if field.get("type") == "radio"]
    assert radios == ["sales", "help"]
    assert "By pressing Call me you agree" in answer.text
    assert {"href": "https://www.acme.example/privacy"} in page.all("a")
    assert not page.all("script"), "the page must work without script"


def test_the_hosted_page_leads_to_an_answered_call_without_script(
    callme: Callme, vendor: StandIn, visitor: Visitor
) -> None:
    """The form redirects to the status page by 303, which refreshes until the end."""
    sent = visitor.post(PAGE, data=filled(visitor, receptionist="help"))
    assert sent.status_code == 303
    (call,) = callme.store.all_calls()
    assert sent.headers["Location"].startswith(f"{PAGE}/{call.id}?key=")
    wait_until(lambda: callme.store.status(call.id).final, 10, "an answered phone")
    answer = visitor.get(sent.headers["Location"])
    assert answer.status_code == 200
    assert refresh_of(Page(answer)) is None, "a final page must stop asking"
    assert Page(answer).texts["h1"] == "You picked up"
    assert "Help desk" in answer.text
    assert vendor.phones == ["2025550100"]


@pytest.mark.parametrize(
    "changes",
    [{"phone": "(202) 555-0171"}, {"receptionist": "help"}],
    ids=["another number", "another receptionist"],
)
def test_a_changed_form_with_a_used_request_id_is_not_answered_with_the_first_call(
    callme: Callme, vendor: StandIn, visitor: Visitor, changes: dict[str, str]
) -> None:
    """The page that the browser has kept still has the id of the first request."""
    form = filled(visitor, phone="(202) 555-0170")
    first = visitor.post(PAGE, data=form)
    again = visitor.post(PAGE, data=form)
    assert again.headers["Location"] == first.headers["Location"], "a double press is one wish"
    other = visitor.post(PAGE, data=form | changes)
    assert other.status_code == 403
    page = Page(other)
    assert "Please send it once more." in other.text
    assert page.by_id("phone")["value"] == changes.get("phone", form["phone"])
    sent = visitor.post(
        PAGE, data=page.form() | {"receptionist": changes.get("receptionist", "sales")}
    )
    assert sent.status_code == 303
    assert sent.headers["Location"] != first.headers["Location"]
    calls = [(call.phone, call.receptionist) for call in callme.store.all_calls()]
    wanted = (changes.get("phone", "(202) 555-0170"), changes.get("receptionist", "sales"))
    digits = "+1" + re.sub(r"\D", "", wanted[0])
    assert calls == [("+12025550170", "sales"), (digits, wanted[1])]


def test_a_form_whose_token_was_used_is_shown_again_with_what_was_typed(
    callme: Callme, visitor: Visitor
) -> None:
    form = filled(visitor)
    assert visitor.post(PAGE, data=form).status_code == 303
    other = form | {"request_id": str(uuid.uuid4()), "phone": "(202) 555-0172"}
    answer = visitor.post(PAGE, data=other)
    assert answer.status_code == 403
    assert Page(answer).by_id("phone")["value"] == "(202) 555-0172"
    assert (
        visitor.post(PAGE, data=Page(answer).form() | {"receptionist": "sales"}).status_code == 303
    )


def refresh_of(page: Page) -> int | None:
    """After how many seconds a browser without scripts requests the page again."""
    found = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "refresh"]
    return int(found[0]) if found else None


def test_the_status_page_asks_again_until_the_call_is_over(tmp_path: Path) -> None:
    with (
        stand_in(delay=60) as vendor,
        running_callme(
            tmp_path, vendor_url=vendor.url, dispatcher=True, dialogtech_read_timeout=60
        ) as callme,
    ):
        visitor = callme.visitor(origin=None)
        address = visitor.post(PAGE, data=filled(visitor)).headers["Location"]
        (call,) = callme.store.all_calls()
        wait_until(lambda: vendor.states() == ["ringing"], 10, "a ringing phone")
        ringing = visitor.get(address)
        assert refresh_of(Page(ringing)) in range(1, 6)
        assert Page(ringing).texts["h1"] == "Your phone is about to ring"
        vendor.let_all_answer()
        wait_until(lambda: callme.store.status(call.id).final, 10, "the end of the call")
        assert refresh_of(Page(visitor.get(address))) is None


@pytest.mark.parametrize("status", list(CallStatus), ids=str)
def test_every_state_has_a_page_that_says_where_the_call_stands(
    tmp_path: Path, status: CallStatus
) -> None:
    with running_callme(tmp_path) as callme:
        visitor = callme.visitor()
        call_id = visitor.ask_for_call()
        callme.store.execute("UPDATE calls SET status = :status", status=status.value)
        answer = visitor.get(f"{PAGE}/{call_id}")
        api = visitor.get(f"/api/calls/{call_id}").get_json()
    assert answer.status_code == 200
    page = Page(answer)
    assert page.texts["title"].endswith(" – Acme Corp")
    assert api["message"] in re.sub(r"</?span[^>]*>", "", answer.text)
    assert (refresh_of(page) is None) == status.final
    assert {"id": "news", "role": "status"} in page.all("div"), "a change would not be read out"
    if status in (CallStatus.FAILED, CallStatus.UNKNOWN, CallStatus.EXPIRED):
        assert {"class": "button", "href": f"tel:{FALLBACK_PHONE}"} in page.all("a")


def test_a_form_with_a_fault_comes_back_with_what_was_typed(
    untouched: Callme,
) -> None:
    """The number, the choice, the id and the campaign stay, and the field says what is wrong with it."""
    visitor = untouched.visitor(origin=None)
    form = filled(visitor, phone="555 <b>", receptionist="help", utm_source="qr")
    answer = visitor.post(PAGE, data=form)
    page = Page(answer)
    assert answer.status_code == 422
    assert page.texts["title"].startswith("Error: ")
    field = page.by_id("phone")
    assert field["value"] == "555 <b>"
    assert field["aria-invalid"] == "true"
    assert field["aria-describedby"] == "phone-error"
    assert page.by_id("phone-error") == {"class": "error", "id": "phone-error"}
    assert "Example: (202) 555-0100" in re.sub(r"</?span[^>]*>", "", answer.text)
    assert {"class": "notice", "role": "alert"} in page.all("p")
    kept = page.form()
    for name in ("request_id", "receptionist", "utm_source", "page_url"):
        assert kept[name] == form[name], f"{name} was lost"
    assert "<b>" not in answer.text


def test_a_missing_receptionist_shows_its_error_at_the_choice(untouched: Callme) -> None:
    visitor = untouched.visitor(origin=None)
    answer = visitor.post(PAGE, data=filled(visitor, receptionist=""))
    page = Page(answer)
    assert answer.status_code == 422
    assert page.all("fieldset")[0]["aria-describedby"] == "receptionist-error"
    assert page.by_id("receptionist-error")
    assert page.form()["phone"] == "(202) 555-0100"


@pytest.mark.parametrize("token", ["", "forged"])
def test_a_refused_token_gives_a_fresh_form_with_the_typed_values(
    untouched: Callme, token: str
) -> None:
    visitor = untouched.visitor(origin=None)
    form = filled(visitor, token=token, phone="(202) 555-0107")
    answer = visitor.post(PAGE, data=form)
    page = Page(answer)
    assert answer.status_code == 403
    assert page.texts["title"].startswith("Error: ")
    assert "no longer good" in answer.text
    fresh = page.form()
    assert fresh["phone"] == "(202) 555-0107"
    assert fresh["request_id"] == form["request_id"]
    assert fresh["token"] not in ("", token)


def test_the_fresh_form_shown_after_a_stale_token_is_accepted(
    tmp_path: Path, clock: HandClock
) -> None:
    with running_callme(tmp_path, clock=clock) as callme:
        visitor = callme.visitor(origin=None)
        form = filled(visitor)
        clock.move(3600)
        answer = visitor.post(PAGE, data=form)
        assert answer.status_code == 403
        again = visitor.post(PAGE, data=Page(answer).form())
        assert again.status_code == 303
        assert [call.phone for call in callme.store.all_calls()] == ["+12025550100"]


def test_a_form_sent_twice_makes_one_call(callme: Callme, visitor: Visitor) -> None:
    form = filled(visitor)
    first, second = visitor.post(PAGE, data=form), visitor.post(PAGE, data=form)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(callme.store.all_calls()) == 1


def test_a_link_can_choose_the_receptionist_and_carry_the_campaign(
    callme: Callme, visitor: Visitor
) -> None:
    answer = visitor.get(f"{PAGE}?receptionist=help&utm_source=poster&utm_medium=qr")
    form = Page(answer).form()
    assert form["receptionist"] == "help"
    visitor.post(PAGE, data=form | {"phone": "2025550100"})
    (call,) = callme.store.all_calls()
    assert call.visit.utm == {"utm_source": "poster", "utm_medium": "qr"}
    assert call.visit.page_url.endswith(PAGE), "a link's query may hold a name or a number"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://callme.example", 303),
        ("http://localhost", 303),  # the host that the test's client uses
        ("https://evil.example", 403),
        ("null", 403),
        ("https://www.acme.example", 403),
        ("https://callme.example.evil.example", 403),
    ],
)
def test_the_form_is_taken_from_our_own_page_only(callme: Callme, origin: str, status: int) -> None:
    form = filled(callme.visitor(origin=None))
    answer = callme.visitor(origin=origin).post(PAGE, data=form)
    assert answer.status_code == status
    assert len(callme.store.all_calls()) == (status == 303)


def test_a_site_with_one_receptionist_and_no_consent_shows_neither(
    callme: Callme,
) -> None:
    visitor = callme.visitor("other", OTHER_ORIGIN)
    page = Page(visitor.get("/call/other"))
    assert not page.all("fieldset")
    assert "consent" not in page.form()
    assert "receptionist" not in page.form()


@pytest.mark.parametrize("body", ["{}", ""], ids=["JSON", "nothing"])
def test_a_body_that_is_no_form_gets_an_error_page(untouched: Callme, body: str) -> None:
    answer = untouched.visitor(origin=None).post(PAGE, data=body, content_type="application/json")
    assert answer.status_code == 415
    assert Page(answer).texts["title"].startswith("Error: ")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/call/nobody", 404),
        ("/call/acme/nothing", 404),
        ("/nothing/here", 404),
    ],
)
def test_an_unknown_site_or_call_gets_an_error_page(
    untouched: Callme, path: str, status: int
) -> None:
    answer = untouched.visitor(origin=None).get(path)
    assert answer.status_code == status
    assert Page(answer).texts["title"].startswith("Error: ")


def test_a_call_is_shown_under_its_own_site_only(callme: Callme) -> None:
    call_id = callme.visitor().ask_for_call()
    assert callme.visitor().get(f"/call/other/{call_id}").status_code == 404


def test_an_error_page_of_a_site_looks_like_it_and_shows_the_way_back(
    untouched: Callme,
) -> None:
    """It has the site's name, colour and a link to the form or, if we cannot call, the owner's
    number."""
    visitor = untouched.visitor(origin=None)
    for _ in range(10):
        visitor.post(PAGE)
    limited, unknown = visitor.post(PAGE), visitor.get(f"{PAGE}/nothing")
    assert (limited.status_code, unknown.status_code) == (429, 404)
    assert int(limited.headers["Retry-After"]) >= 1
    for answer in (limited, unknown):
        assert "Acme Corp" in answer.text
        assert "--brand: #0b6b57" in re.sub(r"\s+", " ", answer.text)
        assert {"href": PAGE} in Page(answer).all("a")
    links = Page(limited).all("a")
    assert {"class": "button", "href": f"tel:{FALLBACK_PHONE}"} in links
    assert "Call (202) 555-0199" in limited.text
