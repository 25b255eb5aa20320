"""The phone field groups what is typed as people of the country write it, and never harms a digit."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from phonenumbers import AsYouTypeFormatter, PhoneNumber, PhoneNumberFormat, PhoneNumberType
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.pages import watched
from webapp.assets import STATIC
from webapp.domain.phone.number import PhoneError
from webapp.domain.phone.patterns import countries
from webapp.domain.phone.reading import parse_phone
from webapp.minified import minified

ADDRESS = "http://phone.test/"
MODULES = minified(
    {
        name: (STATIC / "widget" / name).read_text("utf-8")
        for name in ("country.js", "dom.js", "format.js")
    }
)
"""As short as they are sent: what a minifier breaks is broken here as well."""
MOST_BYTES = {"format.js": 710, "country.js": 430}
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
KINDS = {"fixed line": PhoneNumberType.FIXED_LINE, "mobile": PhoneNumberType.MOBILE}
# Of 490 examples; both numbers may only become smaller.
MISSES_AT_HOME, MISSES_ABROAD = 1, 0
CHECKS = Path(__file__).with_name("phone_field.js")


@pytest.fixture(scope="module")
def field(browser: Browser) -> Iterator[Page]:
    """A page with the modules as they are served, and the checks that run beside them."""
    files = {**MODULES, "checks.js": CHECKS.read_text("utf-8")}

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(ADDRESS)
        kind = "text/javascript" if name in files else "text/html"
        route.fulfill(body=files.get(name, "<!doctype html><input>"), content_type=kind)

    context = browser.new_context()
    page = watched(context.new_page())
    page.route(ADDRESS + "**", serve)
    page.goto(ADDRESS)
    page.evaluate("import('/checks.js').then((module) => { window.checks = module; })")
    yield page
    context.close()


def run(field: Page, check: str, *arguments: object) -> Any:
    """A function of phone_field.js, with what it answers."""
    return field.evaluate(f"(given) => checks.{check}(...given)", list(arguments))


def country(region: str) -> dict[str, Any]:
    """What the widget of a site in that region gets, as JSON brings it."""
    [one] = json.loads(json.dumps([each.public() for each in countries(region, [region])]))
    return dict(one)


def examples() -> Iterator[tuple[str, str, PhoneNumber]]:
    for region in REGIONS:
        for name, kind in KINDS.items():
            number = phonenumbers.example_number_for_type(region, kind)
            if number:
                yield region, name, number


def keys(text: str) -> str:
    return "".join(mark for mark in text if mark == "+" or mark.isdigit())


def as_you_type(text: str, region: str) -> str:
    formatter = AsYouTypeFormatter(region)
    shown = ""
    for key in text:
        shown = formatter.input_digit(key)
    return shown


@pytest.mark.parametrize(
    ("style", "allowed"),
    [
        pytest.param(PhoneNumberFormat.NATIONAL, MISSES_AT_HOME, id="at home"),
        pytest.param(PhoneNumberFormat.INTERNATIONAL, MISSES_ABROAD, id="after +CC"),
    ],
)
def test_every_regions_numbers_look_as_they_are_written_there(
    field: Page, style: int, allowed: int
) -> None:
    """Typed key by key, the example landline and mobile of every region lose nothing, are read by
    the server as the same number, and all but a few end up exactly as libphonenumber writes them."""
    cases = [(*example, phonenumbers.format_number(example[2], style)) for example in examples()]
    typed = [[keys(wanted), country(region)] for region, _, _, wanted in cases]
    missed = []
    for (region, kind, number, wanted), shown in zip(
        cases, run(field, "typeAll", typed), strict=True
    ):
        assert keys(shown) == keys(wanted), f"{region} {kind}: {shown!r} for {wanted!r}"
        e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        assert read_at_home(shown, region) == e164, f"{region} {kind}: {shown!r}"
        if shown != wanted and shown != as_you_type(keys(wanted), region):
            missed.append(f"{region} {kind}: {shown} for {wanted}")
    assert len(missed) <= allowed, "\n".join(missed)


def read_at_home(text: str, region: str) -> str:
    """The number as E.164; as the region reads it where the digits may be another country's as well."""
    try:
        return parse_phone(text, region).e164
    except PhoneError as error:
        return error.choices[0] if error.choices else error.reason.code


@pytest.mark.parametrize(
    ("typed", "region", "shown"),
    [
        pytest.param("2025550100", "US", "(202) 555-0100", id="bare digits"),
        pytest.param("202.555.0100", "US", "(202) 555-0100", id="dots"),
        pytest.param("12025550100", "US", "1 (202) 555-0100", id="trunk 1"),
        pytest.param("+12025550100", "US", "+1 202-555-0100", id="filled in by the browser"),
        pytest.param(" \n(202)\t555‑0100\n", "US", "(202) 555-0100", id="dash and lines around"),
        pytest.param("202\u00a0555\u00a00100", "US", "(202) 555-0100", id="no-break spaces"),
        pytest.param("020 79460018", "GB", "020 7946 0018", id="national with 0"),
        pytest.param("7400 123456", "GB", "7400 123456", id="without its 0"),
        pytest.param("+442079460018", "GB", "+44 20 7946 0018", id="international"),
        pytest.param("0123456789", "FR", "01 23 45 67 89", id="pairs"),
        pytest.param("030123456", "DE", "030 123456", id="a short number"),
        pytest.param("03012345678901", "DE", "030 12345678901", id="a long number"),
        pytest.param("0612345678", "HU", "(06 1) 234 5678", id="a prefix of two digits"),
        pytest.param("89123456789", "RU", "8 (912) 345-67-89", id="a prefix that stands alone"),
        pytest.param("0212345678", "IT", "02 1234 5678", id="a 0 that is no prefix"),
        pytest.param("+390212345678", "IT", "+39 02 1234 5678", id="and stays after +CC"),
    ],
)
def test_a_pasted_number_is_grouped_as_its_country_writes_it(
    field: Page, typed: str, region: str, shown: str
) -> None:
    assert run(field, "format", typed, country(region)) == shown
    assert parse_phone(shown, region) == parse_phone(typed, region)


@pytest.mark.parametrize(
    ("typed", "region", "e164"),
    [
        pytest.param("tel:+1-202-555-0100", "US", "+12025550100", id="a link"),
        pytest.param("00 44 20 7946 0018", "GB", "+442079460018", id="00"),
        pytest.param("00 44 20 7946 0018", "US", "+442079460018", id="00 in US"),
        pytest.param("011 44 20 7946 0018", "US", "+442079460018", id="011 in US"),
        pytest.param("+44 (0)20 7946 0018", "GB", "+442079460018", id="a bracketed 0"),
        pytest.param("+44 (0)20 7946 0018", "US", "+442079460018", id="another country"),
        pytest.param("(+44) 20 7946 0018", "GB", "+442079460018", id="a bracketed +"),
        pytest.param("+44 20 7946-0018", "US", "+442079460018", id="+CC of another country"),
        pytest.param("２０２５５５０１００", "US", "+12025550100", id="full-width digits"),
        pytest.param("٢٠٢٥٥٥٠١٠٠", "US", "+12025550100", id="Arabic digits"),
        pytest.param("\u202a+1 202 555 0100\u202c", "US", "+12025550100", id="direction marks"),
        pytest.param("(202) 555-0100 ext. 5", "US", None, id="an extension"),
        pytest.param("(202) 555-0100 x5", "US", None, id="an extension in short"),
        pytest.param("call me maybe", "US", None, id="words"),
        pytest.param("202 555 0100 / 202 555 0111", "US", None, id="two numbers"),
        pytest.param("20 7946+0018", "GB", None, id="a + in the midst"),
        pytest.param("---", "US", None, id="no digits"),
        pytest.param("", "US", None, id="nothing"),
    ],
)
def test_text_that_is_no_plain_number_is_not_reformatted(
    field: Page, typed: str, region: str, e164: str | None
) -> None:
    """The server reads it, or says what is wrong with it."""
    assert run(field, "format", typed, country(region)) == typed
    if e164:
        assert parse_phone(typed, region).e164 == e164
    else:
        with pytest.raises(PhoneError):
            parse_phone(typed, region)


def test_edits_anywhere_keep_every_digit_and_the_caret_beside_its_digit(field: Page) -> None:
    """Ten thousand random edits: typing, pasting, Backspace and Delete anywhere in the field."""
    some = [country(region) for region in ("US", "GB", "DE", "FR", "HU", "RU", "BR", "AR", "IT")]
    assert run(field, "editAtRandom", some, 10_000) == []


@pytest.mark.parametrize("region", ["US", "GB", "HU", "RU", "AU", "SE"])
def test_backspace_and_delete_get_through_any_number(field: Page, region: str) -> None:
    """From any place in the field, whatever separators stand there: a press at most for each
    character, and nothing but the digits on that side is gone."""
    texts = [
        phonenumbers.format_number(number, style)
        for where, _, number in examples()
        if where == region
        for style in (PhoneNumberFormat.NATIONAL, PhoneNumberFormat.INTERNATIONAL)
    ]
    assert run(field, "eraseAll", texts, country(region)) == []


def test_a_person_types_corrects_and_undoes(field: Page) -> None:
    """In a real field: the caret stays where it is edited, and undo leads back to nothing."""
    run(field, "renew", country("US"))
    box = field.locator("input")
    box.press_sequentially("2025550100")
    expect(box).to_have_value("(202) 555-0100")
    for _ in range(4):
        box.press("ArrowLeft")
    box.press("Backspace")  # the dash: the caret moves on, the number is whole
    expect(box).to_have_value("(202) 555-0100")
    box.press("Backspace")
    box.press_sequentially("6")
    expect(box).to_have_value("(202) 556-0100")
    assert field.evaluate("document.querySelector('input').selectionStart") == len("(202) 556")
    for _ in range(3):
        box.press("Delete")  # the dash, and two digits
    expect(box).to_have_value("(202) 556-00")
    for _ in range(60):
        box.press("Control+z")
    expect(box).to_have_value("")
    box.press_sequentially("+12025550100")
    expect(box).to_have_value("+1 202-555-0100")


def test_a_paste_into_the_midst_is_grouped_with_the_rest(field: Page) -> None:
    run(field, "renew", country("GB"))
    box = field.locator("input")
    box.press_sequentially("0200018")
    for _ in range(4):
        box.press("ArrowLeft")
    field.keyboard.insert_text("79 46")
    expect(box).to_have_value("020 7946 0018")
    assert field.evaluate("document.querySelector('input').selectionStart") == len("020 7946")


def test_a_field_without_focus_is_not_touched(field: Page) -> None:
    """The browser fills in whole forms: typing would hit the field that has the focus."""
    run(field, "renew", country("US"))
    field.locator("input").blur()
    field.evaluate(
        """() => {
          const box = document.querySelector('input');
          box.value = '+12025550100';
          box.dispatchEvent(new Event('input'));
        }"""
    )
    expect(field.locator("input")).to_have_value("+12025550100")


def test_text_in_composition_is_left_to_the_input_method(field: Page) -> None:
    run(field, "renew", country("US"))
    box = field.locator("input")
    box.focus()
    session = field.context.new_cdp_session(field)
    session.send(
        "Input.imeSetComposition", {"text": "2025", "selectionStart": 4, "selectionEnd": 4}
    )
    expect(box).to_have_value("2025")
    session.send("Input.insertText", {"text": "2025"})
    box.press_sequentially("5")
    expect(box).to_have_value("(202) 55")


def test_the_country_choice_lists_all_regions_and_follows_a_typed_code(field: Page) -> None:
    """Regions in the owner's order, the site's own first, each by name in the widget's language."""
    groups = countries("GB", ["US", "CA", "GB", "DE"])
    typed = ["", "+1 20", "+4", "+49 30", "0301", "tel:+44"]
    shown = run(field, "choose", [group.public() for group in groups], typed)
    assert shown["label"] == [True, "Land"]
    assert shown["options"] == [
        "GB Vereinigtes Königreich (+44)",
        "US Vereinigte Staaten (+1)",
        "CA Kanada (+1)",
        "DE Deutschland (+49)",
    ]
    assert shown["first"] == ["CA", "(202) 555-0100"]
    assert shown["followed"] == [
        ["1", "CA"],
        ["1", "CA"],
        ["1", "CA"],
        ["49", "DE"],
        ["49", "DE"],
        ["44", "GB"],
    ]
    assert shown["changed"] == ["US", "(202) 555-0100"]


def test_the_phone_field_modules_stay_within_their_byte_limits() -> None:
    sizes = {name: len(gzip.compress(MODULES[name].encode(), 9)) for name in MOST_BYTES}
    assert all(sizes[name] <= limit for name, limit in MOST_BYTES.items()), sizes
