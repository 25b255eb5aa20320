"""Visitors get their own language; the owner's texts are shown as they were written."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.clock import HandClock
from tests.helpers.sites import NO_LIMITS, OTHER_ORIGIN, both_sites
from tests.web.test_pages import Page
from tests.web.test_widget_files import module_address
from webapp.assets import STATIC
from webapp.domain.calls import CallStatus
from webapp.domain.locales import LOCALES
from webapp.web.call.progress import SHOWN
from webapp.words import Catalogue, load_catalogues

PAGE = "/call/acme"
WORDS = load_catalogues(STATIC / "locales")
TITLE = "open.title"
GERMAN_SITE = {"language": "de-AT"}
HEBREW_SITE = {"language": "he"}


@pytest.fixture
def callme(tmp_path: Path) -> Iterator[Callme]:
    """Callme without a dispatcher, so that calls stay queued."""
    with running_callme(tmp_path) as running:
        yield running


@pytest.fixture
def reader(callme: Callme) -> Visitor:
    """Somebody who opens our pages by themselves."""
    return callme.visitor(origin=None)


def browser_of(tags: str) -> dict[str, str]:
    return {"Accept-Language": tags}


def expect_page(answer: TestResponse, status: int, locale: str, heading: str) -> Page:
    """The page, after checking that it is complete and in that language for people and machines."""
    page = Page(answer)
    assert answer.status_code == status, answer.text
    (root,) = page.all("html")
    assert root == {"lang": locale, "dir": "rtl" if locale in ("ar", "he") else "ltr"}
    assert answer.headers["Content-Language"] == locale
    assert "Accept-Language" in answer.headers["Vary"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert page.texts["h1"] == heading
    return page


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("de-CH, fr;q=0.8, en;q=0.5", "de"),
        ("en;q=0.5,fr;q=0.8,de-CH", "de"),
        ("de;q=0, fr", "fr"),
        (" ru ; q=0.9 ,\tja", "ja"),
        ("zh-Hant, iw-IL;q=0.3", "he"),
        ("*", "en"),
        ("", "en"),
        ("de;q=x, fr", "fr"),
        ("\xff\xfe, pl", "pl"),
        (",;=,;;q,sv,", "sv"),
        ("a," * 3_000 + "nl", "nl"),
    ],
)
def test_accept_language_is_followed_by_preference_and_junk_is_ignored(
    reader: Visitor, header: str, locale: str
) -> None:
    answer = reader.get(PAGE, headers={"Accept-Language": header})
    assert answer.headers["Content-Language"] == locale


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_is_kept_from_the_form_to_the_status_page(
    callme: Callme, reader: Visitor, locale: str
) -> None:
    """The address chooses it once, for the form, a mistake, the status page, an error, and back."""
    words = WORDS[locale]
    form = expect_page(reader.get(f"{PAGE}?locale={locale}"), 200, locale, words.text(TITLE))
    assert form.texts["title"] == words.text("page.title", name="Acme Corp")
    fields = form.form() | {"receptionist": "sales"}
    assert fields["locale"] == locale
    (sent_to,) = form.all("form")

    mistaken = reader.post(sent_to["action"], data=fields | {"phone": "12"})
    page = expect_page(mistaken, 422, locale, words.text(TITLE))
    assert page.texts["title"].startswith(words.text("page.error_prefix").strip())
    text = re.sub(r"</?span[^>]*>", "", mistaken.text)
    assert words.text("error.phone", example="(202) 555-0100") in unescape(text)

    sent = reader.post(sent_to["action"], data=page.form() | {"phone": "2025550100"})
    assert sent.status_code == 303
    status = reader.get(sent.headers["Location"])
    expect_page(status, 200, locale, words.text("queued.title"))
    assert 'http-equiv="refresh"' in status.text
    assert callme.store.all_calls()[0].visit.locale == locale

    lost = expect_page(
        reader.get(f"{PAGE}/nothing?locale={locale}"),
        404,
        locale,
        words.text("problem.unknown-call"),
    )
    (back,) = lost.all("a")
    expect_page(reader.get(back["href"]), 200, locale, words.text(TITLE))


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_has_a_page_for_every_state(
    callme: Callme, reader: Visitor, locale: str
) -> None:
    call_id = callme.visitor().ask_for_call()
    for status in CallStatus:
        callme.store.execute("UPDATE calls SET status = :status", status=status.value)
        answer = reader.get(f"{PAGE}/{call_id}?locale={locale}")
        page = Page(answer)
        assert page.all("html")[0]["lang"] == locale
        title = WORDS[locale].text(f"{SHOWN[status].words}.title", when="")
        assert page.texts["h1"] == title


@pytest.mark.parametrize("locale", LOCALES)
def test_each_language_has_the_page_that_stops_our_calls(reader: Visitor, locale: str) -> None:
    words = WORDS[locale]
    form = expect_page(reader.get(f"/stop?locale={locale}"), 200, locale, words.text("stop.title"))
    (sent_to,) = form.all("form")
    answer = reader.post(sent_to["action"], data=form.form() | {"phone": "x"})
    page = expect_page(answer, 422, locale, words.text("stop.title"))
    answer = reader.post(sent_to["action"], data=page.form() | {"phone": "+1 202 555 0142"})
    expect_page(answer, 200, locale, words.text("stopped.title"))


@pytest.mark.parametrize(
    ("query", "browser", "locale"),
    [
        ("", "", "en"),
        ("", "de", "de"),
        ("", "de-CH,de;q=0.9,en;q=0.8", "de"),
        ("", "zh-CN,zh;q=0.9,ja;q=0.5,en;q=0.4", "ja"),
        ("", "zh", "en"),
        ("", "iw-IL", "he"),
        ("", "pt-BR", "pt"),
        ("", "en;q=0.1,sv", "sv"),
        ("", "*", "en"),
        ("?locale=fr", "de", "fr"),
        ("?locale=fr-CA", "de", "fr"),
        ("?locale=zh", "de", "de"),
        ("?locale=", "de", "de"),
        ("?locale=../../x", "de", "de"),
        ("?locale=fr&locale=it", "de", "fr"),
    ],
)
def test_a_page_uses_the_language_of_its_address_before_the_browsers(
    reader: Visitor, query: str, browser: str, locale: str
) -> None:
    answer = reader.get(PAGE + query, headers=browser_of(browser))
    expect_page(answer, 200, locale, WORDS[locale].text(TITLE))


def test_the_locale_is_in_the_address_only_when_it_was_chosen_there(
    reader: Visitor,
) -> None:
    plain = Page(reader.get(PAGE, headers=browser_of("cs")))
    assert plain.all("form")[0]["action"] == PAGE
    chosen = Page(reader.get(f"{PAGE}?locale=cs", headers=browser_of("en")))
    assert chosen.all("form")[0]["action"] == f"{PAGE}?locale=cs"


def test_the_sites_language_is_used_when_no_other_matches(tmp_path: Path) -> None:
    """A visitor who asks for no language of ours most likely reads the one the site is written in."""
    with running_callme(tmp_path, sites=both_sites(**GERMAN_SITE)) as callme:
        reader = callme.visitor(origin=None)
        for browser, locale in (("", "de"), ("zh", "de"), ("zh, fr;q=0.1", "fr"), ("en", "en")):
            answer = reader.get(PAGE, headers=browser_of(browser))
            expect_page(answer, 200, locale, WORDS[locale].text(TITLE))
        assert "no such site" in reader.get("/call/nobody").text


def test_no_accept_language_makes_a_page_fail(reader: Visitor) -> None:
    pieces = [*LOCALES, *"-_;=,*. q01\t", "q=", ";q=0.", "é", "ÿ", '"', "zh-Hant", "x" * 300]
    dice = random.Random(7)
    for _ in range(150):
        header = "".join(dice.choices(pieces, k=dice.randrange(60))).strip()
        reader.address = f"192.0.2.{dice.randrange(250)}"
        answer = reader.get("/call/nobody", headers=browser_of(header))
        assert answer.status_code == 404, header
        assert answer.headers["Content-Language"] in LOCALES, header


# What the owner wrote


@pytest.mark.parametrize(
    ("changes", "locale", "marks"),
    [
        pytest.param({}, "en", {}, id="the page's own language"),
        pytest.param({}, "de", {"lang": "en"}, id="English in German"),
        pytest.param({}, "ar", {"lang": "en", "dir": "ltr"}, id="English in Arabic"),
        pytest.param(GERMAN_SITE, "en", {"lang": "de-AT"}, id="German in English"),
        pytest.param(HEBREW_SITE, "ar", {"lang": "he"}, id="Hebrew in Arabic"),
        pytest.param(HEBREW_SITE, "it", {"lang": "he", "dir": "rtl"}, id="Hebrew in Italian"),
    ],
)
@pytest.mark.parametrize("boxed", [False, True], ids=["a line", "a box"])
def test_the_owners_texts_have_a_lang_attribute_on_pages_in_another_language(
    tmp_path: Path, changes: dict[str, str], locale: str, marks: dict[str, str], boxed: bool
) -> None:
    sites = both_sites(**changes, consent_checkbox=boxed)
    with running_callme(tmp_path, sites=sites) as callme:
        page = Page(callme.visitor(origin=None).get(f"{PAGE}?locale={locale}"))
    assert page.by_id("consent") == {"class": "small", "id": "consent", **marks}
    labels = [found for found in page.all("span") if "class" not in found]
    assert labels == [marks] * 3, "the name and both receptionists"


def test_the_owners_language_is_on_record_with_the_consent(tmp_path: Path) -> None:
    """Not the visitor's, as the owner's sentence is what was agreed to."""
    with running_callme(tmp_path, sites=both_sites(**GERMAN_SITE)) as callme:
        callme.visitor().ask_for_call(locale="fr")
        with callme.store.database.read() as connection:
            evidence_locales = (
                connection.exec_driver_sql("SELECT locale FROM call_evidence").scalars().all()
            )
            consent_locales = (
                connection.exec_driver_sql("SELECT locale FROM consents").scalars().all()
            )
        assert evidence_locales == ["de-AT"]
        assert "de-AT" in consent_locales
        assert callme.visitor().get("/api/sites/acme").get_json()["language"] == "de-AT"


# The API


def errors_of(answer: TestResponse) -> dict[str, list[str]]:
    assert answer.status_code == 422, answer.text
    errors: dict[str, list[str]] = answer.get_json()["errors"]
    return errors


@pytest.mark.parametrize("locale", LOCALES)
def test_an_error_is_in_the_language_of_the_form(callme: Callme, locale: str) -> None:
    """Its name for programs is in English, and always the same."""
    words = WORDS[locale]
    answer = callme.visitor().submit(
        phone="12", receptionist="nobody", consent="no", locale=f"{locale}-XX"
    )
    assert errors_of(answer) == {
        "phone": [words.text("error.phone", example="(202) 555-0100")],
        "receptionist": [words.text("error.receptionist")],
        "consent": [words.text("error.consent")],
    }
    body = answer.get_json()
    assert body["title"] == "A field is not valid"
    assert body["detail"] == words.text("problem.validation")
    assert answer.headers["Content-Language"] == locale
    vary = {header.strip() for header in answer.headers["Vary"].split(",")}
    assert {"Origin", "Accept-Language"} <= vary


@pytest.mark.parametrize(
    ("field", "query", "browser", "locale"),
    [
        ("de", "?locale=fr", "it", "de"),
        ("zh", "?locale=fr", "it", "fr"),
        ("", "?locale=zh", "it", "it"),
        ([], "", "it", "it"),
        ([], "", "", "en"),
        ("iw", "", "it", "he"),
    ],
)
def test_a_submits_language_is_the_forms_then_the_addresss_then_the_browsers(
    callme: Callme, field: str | list[str], query: str, browser: str, locale: str
) -> None:
    visitor = callme.visitor()
    answer = visitor.post(
        f"/api/sites/acme/calls{query}",
        data=visitor.fields(consent="no", locale=field),
        headers=browser_of(browser),
    )
    assert errors_of(answer) == {"consent": [WORDS[locale].text("error.consent")]}


def test_a_refusal_before_the_body_is_read_uses_the_addresss_language(callme: Callme) -> None:
    """A visitor who asks too often is turned away before the body is read."""
    visitor = callme.visitor()
    for _ in range(10):
        visitor.post("/api/sites/acme/calls", data={"locale": "de"})
    answer = visitor.post("/api/sites/acme/calls?locale=de", data={"locale": "de"})
    assert answer.status_code == 429
    assert answer.get_json()["title"] == "Too many requests"
    assert "Sie können in " in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("locale", "countries"),
    [
        ("en", "United States and Canada"),
        ("de", "Vereinigte Staaten und Kanada"),
        ("ja", "アメリカ合衆国、カナダ"),
        ("ar", "الولايات المتحدة وكندا"),
    ],
)
def test_countries_are_named_and_listed_in_each_language(
    callme: Callme, locale: str, countries: str
) -> None:
    answer = callme.visitor().submit(phone="+44 20 7946 0018", locale=locale)
    assert errors_of(answer) == {"phone": [WORDS[locale].text("error.region", countries=countries)]}


def test_the_example_number_is_of_the_sites_region_in_every_language(callme: Callme) -> None:
    visitor = callme.visitor("other", origin=OTHER_ORIGIN)
    answer = visitor.submit(phone="12", receptionist="all", consent=[], locale="ja")
    (sentence,) = errors_of(answer)["phone"]
    assert sentence.startswith("電話番号が正しくないようです。例：01")


def test_a_calls_status_is_in_the_language_of_its_form(callme: Callme) -> None:
    """No matter who looks at it, and from where."""
    visitor = callme.visitor()
    russian = visitor.ask_for_call(locale="ru-RU")
    unsaid = visitor.ask_for_call(phone="2025550101", locale="zh")
    for browser in ("", "it", "zh"):
        answer = visitor.get(f"/api/calls/{russian}", headers=browser_of(browser))
        assert answer.get_json()["message"] == WORDS["ru"].text("queued.sentence")
        assert answer.headers["Content-Language"] == "ru"
    answer = visitor.get(f"/api/calls/{unsaid}", headers=browser_of("it"))
    assert answer.get_json()["message"] == WORDS["it"].text("queued.sentence")


def waiting_phrase(tmp_path: Path, clock: HandClock, locale: str, pause: int, later: int) -> str:
    """The sentence that says when the same number can be called again."""
    sites = both_sites(limits={**NO_LIMITS, "number_pause_seconds": pause})
    with running_callme(tmp_path, clock=clock, sites=sites) as callme:
        visitor = callme.visitor()
        visitor.ask_for_call()
        clock.move(later)
        answer = visitor.submit(locale=locale)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == str(pause - later)
    before, after = WORDS[locale].text("problem.number", wait="|").split("|")
    detail: str = answer.get_json()["detail"]
    assert detail.startswith(before)
    assert detail.endswith(after)
    return detail[len(before) : len(detail) - len(after)]


@pytest.mark.parametrize(
    ("locale", "seconds", "phrase"),
    [
        ("en", 60, "in 1 minute"),
        ("en", 120, "in 2 minutes"),
        ("de", 120, "in 2 Minuten"),
        ("ru", 60, "через 1 минуту"),
        ("ru", 120, "через 2 минуты"),
        ("ru", 300, "через 5 минут"),
        ("pl", 60, "za 1 minutę"),
        ("pl", 180, "za 3 minuty"),
        ("pl", 300, "za 5 minut"),
        ("cs", 300, "za 5 minut"),
        ("ar", 60, "بعد دقيقة واحدة"),
        ("ar", 120, "بعد دقيقتين"),
        ("ar", 300, "بعد 5 دقائق"),
        ("ar", 660, "بعد 11 دقيقة"),
        ("he", 120, "בעוד שתי דקות"),
        ("he", 86_400, "בעוד יום"),
        ("ja", 300, "5 分後"),
    ],
)
def test_a_waiting_time_is_phrased_in_each_language(
    tmp_path: Path, clock: HandClock, locale: str, seconds: int, phrase: str
) -> None:
    assert waiting_phrase(tmp_path, clock, locale, seconds, 0) == phrase


@pytest.mark.parametrize(
    ("pause", "later", "phrase"),
    [
        (120, 1, "in 2 minutes"),
        (120, 59, "in 2 minutes"),
        (120, 60, "in 1 minute"),
        (120, 75, "in 45 seconds"),
        (7200, 1, "in 2 hours"),
        (7200, 3601, "in 1 hour"),
        (7200, 3661, "in 59 minutes"),
    ],
)
def test_a_waiting_time_is_never_rounded_down(
    tmp_path: Path, clock: HandClock, pause: int, later: int, phrase: str
) -> None:
    assert waiting_phrase(tmp_path, clock, "en", pause, later) == phrase


@pytest.mark.parametrize("locale", LOCALES)
def test_the_region_error_lists_countries_after_a_colon(locale: str) -> None:
    """A name alone would need an article in some languages: "in United States"."""
    sentence = WORDS[locale].text("error.region", countries="|")
    assert re.search(r"[:：]\s?\u2068?\|", sentence), sentence


# The widget's files


def widget_words(visitor: Visitor, catalogue: Catalogue) -> str:
    """The module of that language, located as a browser does it."""
    name = f"locale-{catalogue.locale}.js"
    answer = visitor.get(module_address(visitor).replace("launcher.js", name))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.mimetype == "text/javascript"
    return answer.text


@pytest.mark.parametrize("locale", LOCALES)
def test_each_languages_words_are_a_module_of_the_widget(reader: Visitor, locale: str) -> None:
    catalogue = WORDS[locale]
    module = widget_words(reader, catalogue)
    assert f'"{catalogue.text(TITLE)}"' in module
    assert "problem.validation" not in module, "the server's words stay on the server"


def test_the_launcher_does_not_depend_on_accept_language(reader: Visitor) -> None:
    """Caches that many visitors share keep it."""
    answers = [
        reader.get("/w/acme.js", headers=browser_of(browser)) for browser in ("de", "ar", "en")
    ]
    assert len({answer.text for answer in answers}) == 1
    assert all("Content-Language" not in answer.headers for answer in answers)
    assert all("Accept-Language" not in answer.headers["Vary"] for answer in answers)
