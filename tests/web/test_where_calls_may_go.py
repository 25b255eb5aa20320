"""For every region and kind of number that libphonenumber knows: numbers that are costly or belong to no
country are refused however they are typed, and those that cost an ordinary call are accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from tests.helpers.callme import Callme, running_callme
from tests.helpers.sites import ORIGIN, other_site, sites_toml
from webapp.domain.phone.number import PhoneError
from webapp.domain.phone.reading import parse_phone
from webapp.domain.site.model import Site
from webapp.domain.site.reading import parse_sites

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
COSTLY = {
    "premium_rate": PhoneNumberType.PREMIUM_RATE,
    "shared_cost": PhoneNumberType.SHARED_COST,
    "personal_number": PhoneNumberType.PERSONAL_NUMBER,
    "pager": PhoneNumberType.PAGER,
    "uan": PhoneNumberType.UAN,
    "voicemail": PhoneNumberType.VOICEMAIL,
}
ORDINARY = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)


def world_toml(**changes: object) -> str:
    """A site that may call everywhere."""
    everywhere = {"origins": [ORIGIN], "region": "US", "allowed_regions": REGIONS}
    return sites_toml(world=other_site(**everywhere | changes))


WORLD = world_toml()


@pytest.fixture(scope="module")
def world() -> Site:
    """A site that may call everywhere, so that only the kind of a number can be wrong."""
    return parse_sites(WORLD, "the test")["world"]


def spellings(number: PhoneNumber) -> list[str]:
    """Six ways to type one number."""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    international = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
    return [
        e164,
        international,
        "00" + e164[1:],
        f"tel:{e164}",
        e164.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}),
        international.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "."),
    ]


def examples(kind: int) -> Iterator[tuple[str, PhoneNumber]]:
    """For each region that has numbers of this kind, an example that is of this kind alone."""
    for region in REGIONS:
        number = phonenumbers.example_number_for_type(region, kind)
        if number and phonenumbers.number_type(number) == kind:
            yield region, number


def refusal(site: Site, typed: str) -> str:
    """The reason why this number is not called; empty if it is."""
    try:
        reason = site.refuses(parse_phone(typed, site.region))
    except PhoneError as error:
        reason = error.reason
    return reason.code if reason else ""


@pytest.mark.parametrize("kind", COSTLY)
def test_costly_numbers_are_refused_in_every_region_and_spelling(world: Site, kind: str) -> None:
    wrong = [
        (region, typed)
        for region, number in examples(COSTLY[kind])
        for typed in spellings(number)
        if refusal(world, typed) != f"phone_kind_{kind}"
    ]
    assert wrong == []


def test_numbers_of_no_country_are_refused_in_every_spelling(world: Site) -> None:
    codes = phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS
    numbers = [*filter(None, map(phonenumbers.example_number_for_non_geo_entity, codes))]
    assert len(numbers) > 5
    taken = [
        typed for number in numbers for typed in spellings(number) if not refusal(world, typed)
    ]
    assert taken == []


@pytest.mark.unmeasured
def test_ordinary_numbers_are_taken_in_every_region_and_spelling(world: Site) -> None:
    """Except those whose digits DialogTech may take for a number in +1."""
    wrong = [
        (region, typed)
        for kind in (*ORDINARY, PhoneNumberType.FIXED_LINE_OR_MOBILE)
        for region, number in examples(kind)
        for typed in spellings(number)
        if refusal(world, typed) != ("phone_ambiguous" if is_ambiguous(number) else "")
    ]
    assert wrong == []


def is_ambiguous(number: PhoneNumber) -> bool:
    """Whether these digits would ring somebody else in North America."""
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    read = phonenumbers.parse(digits, "US")
    return read.country_code != number.country_code and phonenumbers.is_valid_number(read)


@pytest.mark.parametrize(
    ("typed", "ambiguous"),
    [
        ("+65 6555 1234", True),
        ("+65 6123 4567", False),
        ("+47 955 51 234", True),
        ("+47 21 23 45 67", False),
        ("+44 20 7946 0018", False),
        ("+1 656 555 1234", False),
    ],
)
def test_a_number_that_may_ring_a_stranger_in_north_america_is_refused(
    tmp_path: Path, typed: str, ambiguous: bool
) -> None:
    with running_callme(tmp_path, sites=WORLD) as callme:
        answer = callme.visitor("world").submit(phone=typed, receptionist="all")
        assert answer.status_code == (422 if ambiguous else 202), answer.text
        if ambiguous:
            assert answer.get_json()["errors"] == {"phone": ["We cannot call this number."]}
            assert callme.store.all_calls() == []


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("876 555 0123", id="Jamaica"),
        pytest.param("+1 (809) 555-0123", id="Dominican Republic"),
        pytest.param("1-284-555-0123", id="British Virgin Islands"),
        pytest.param("671 555 0123", id="Guam"),
        pytest.param("900 555 0123", id="US premium rate"),
        pytest.param("976 555 0123", id="no area"),
        pytest.param("500 555 0123", id="US personal number"),
        pytest.param("+44 70 1234 5678", id="UK personal number"),
        pytest.param("+44 9011 234567", id="UK premium rate"),
        pytest.param("+881 6 1234 5678", id="satellite"),
        pytest.param("+979 1 2345 6789", id="international premium rate"),
        pytest.param("+882 16 1234 5678", id="international network"),
        pytest.param("112", id="emergency"),
        pytest.param("911", id="emergency in the US"),
        pytest.param("+1 911", id="emergency with a country code"),
        pytest.param("1911", id="emergency with a trunk 1"),
        pytest.param("9-1-1", id="emergency in parts"),
        pytest.param("411", id="directory enquiries"),
        pytest.param("*67 202 555 0123", id="a star code"),
        pytest.param("22000", id="a short code"),
    ],
)
def test_toll_fraud_numbers_are_refused_by_the_api_and_the_hosted_page(
    untouched: Callme, typed: str
) -> None:
    visitor = untouched.visitor()
    assert visitor.submit(phone=typed).status_code == 422
    page = untouched.visitor(origin=None)
    form = page.fields(phone=typed, token=visitor.token())
    assert page.post("/call/acme", data=form).status_code == 422


def test_every_kind_of_costly_number_is_refused_by_the_api_and_the_hosted_page(
    tmp_path: Path,
) -> None:
    """One region's number of each kind, sent to both. The operator's log has the reason."""
    with running_callme(tmp_path, sites=WORLD) as callme:
        for kind, of in COSTLY.items():
            _, number = next(examples(of))
            typed = spellings(number)[0]
            visitor = callme.visitor("world")
            answer = visitor.submit(phone=typed, receptionist="all")
            assert answer.status_code == 422, kind
            assert answer.get_json()["errors"] == {
                "phone": ["We can only call ordinary landline and mobile numbers."]
            }
            page = callme.visitor("world", origin=None)
            form = page.fields(phone=typed, receptionist="all", token=visitor.token())
            assert page.post("/call/world", data=form).status_code == 422, kind
        assert callme.store.all_calls() == []


@pytest.mark.parametrize(
    ("allowed", "typed"), [("toll_free", "800 555 0123"), ("voip", "+44 56 1234 5678")]
)
def test_the_owner_may_allow_toll_free_and_internet_numbers(allowed: str, typed: str) -> None:
    reason = f"phone_kind_{allowed}"
    assert refusal(parse_sites(WORLD, "the test")["world"], typed) == reason
    more = parse_sites(world_toml(allowed_kinds=[allowed]), "the test")
    assert refusal(more["world"], typed) == ""
