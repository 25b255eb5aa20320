"""A file of sites is read as a whole: either it is valid, or every fault is named with its place."""

from __future__ import annotations

import textwrap

import pytest
import tomli_w

from tests.helpers.sites import SITES
from webapp.domain.site.model import Site
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError

SMALLEST = """
    [acme]
    name = "Acme"
    origins = ["https://www.acme.example"]
    region = "US"
    fallback_phone = "+12025550100"
    [[acme.receptionists]]
    key = "sales"
    label = "Sales"
    menu_id = "55443322"
"""


def sites_of(text: str) -> dict[str, Site]:
    return parse_sites(textwrap.dedent(text), "sites.toml")


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        sites_of(text)
    return refusal.value.faults


def changed(old: str, new: str) -> str:
    assert old in SMALLEST
    return SMALLEST.replace(old, new)


def test_the_smallest_file_gives_a_site_with_its_defaults() -> None:
    site = sites_of(SMALLEST)["acme"]
    assert site.regions == ["US"]
    assert site.consent == ""
    assert site.privacy_url is None
    assert site.appearance.color == "#1f5eff"


def test_a_file_survives_being_written_out_and_read_again() -> None:
    sites = parse_sites(SITES, "sites.toml")
    tables = {key: site.model_dump(mode="json", exclude_none=True) for key, site in sites.items()}
    assert parse_sites(tomli_w.dumps(tables), "again") == sites


def test_every_fault_of_every_site_is_named_at_once_with_its_place() -> None:
    faults = faults_of("""
        ["Big Site"]
        name = ""
        origins = []
        region = "us"
        allowed_regions = ["US", "XX"]
        fallback_phone = "call us"
        colour = "red"
        receptionists = []

        [acme]
        name = "Acme"
        origins = ["https://www.acme.example", "https://*.acme.example", "acme.example"]
        region = "US"
        fallback_phone = "2025550100"
        privacy_url = "/privacy"
        appearance = { color = "green", size = 3 }
        [[acme.receptionists]]
        key = "Sales Desk"
        label = "Sales"
        menu_id = 55443322
        [[acme.receptionists]]
        key = "help"
    """)
    expected = [
        "'Big Site' is no site key",
        "Big Site.name: must not be empty",
        "Big Site.origins: needs at least one entry",
        "Big Site.region: 'us' is no region",
        "Big Site.allowed_regions[1]: 'XX' is no region",
        "Big Site.fallback_phone: 'call us' is no full international number",
        "Big Site.colour: unknown key",
        "Big Site.receptionists: needs at least one entry",
        "acme.origins[1]: 'https://*.acme.example' is no origin",
        "acme.origins[2]: 'acme.example' is no origin",
        "acme.fallback_phone: '2025550100' is no full international number",
        "acme.privacy_url: '/privacy' is no address",
        "acme.appearance.color: 'green' is no colour",
        "acme.appearance.size: unknown key",
        "acme.receptionists[0].key: 'Sales Desk' is no key; use small letters, digits and -",
        'acme.receptionists[0].menu_id: must be text: put it in quotes, like "55443322"',
        "acme.receptionists[1].label: missing",
        "acme.receptionists[1].menu_id: missing",
    ]
    missing = [line for line in expected if not any(line in fault for fault in faults)]
    assert not missing, "\n".join(faults)
    assert len(faults) == len(expected)
    assert all(fault.startswith("sites.toml: ") for fault in faults)
    assert not any("\n" in fault for fault in faults)


def test_two_receptionists_with_one_key_are_a_fault_beside_all_others() -> None:
    faults = faults_of("""
        [acme]
        name = "Acme"
        origins = ["https://www.acme.example"]
        region = "Mars"
        fallback_phone = "+12025550100"
        receptionists = [
            { key = "sales", label = "Sales", menu_id = "1" },
            { key = "help", label = "Help", menu_id = "2" },
            { key = "sales", label = "More sales", menu_id = "3" },
        ]
    """)
    assert len(faults) == 2, faults
    assert "acme.region" in faults[0]
    assert "acme.receptionists" in faults[1]
    assert "several receptionists have the key 'sales'" in faults[1]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param("[acme\nname = 1", "no valid TOML", id="a syntax error"),
        pytest.param("[acme]\nname = 'a'\nname = 'b'", "no valid TOML", id="a key twice"),
        pytest.param("a = " + "[" * 100_000, "no valid TOML", id="nested without end"),
        pytest.param("a = " + "9" * 5_000, "no valid TOML", id="a number without end"),
        pytest.param("", "no site in it", id="empty"),
        pytest.param("# nothing yet", "no site in it", id="only a comment"),
        pytest.param("name = 'Acme'", "name: must be a table", id="keys outside of a table"),
        pytest.param("[[acme]]\nname = 'Acme'", "acme: must be a table", id="a list of tables"),
    ],
)
def test_a_file_without_site_tables_is_one_fault(text: str, fault: str) -> None:
    (only,) = faults_of(text)
    assert only.startswith("sites.toml: ")
    assert fault in only


@pytest.mark.parametrize("key", ["Acme", "acme.com", "-acme", "acme-", "a_b", "ä", "a" * 64, ""])
def test_a_site_key_must_fit_an_address_and_a_file_name(key: str) -> None:
    table = sites_of(SMALLEST)["acme"].model_dump(mode="json", exclude_none=True)
    with pytest.raises(ConfigurationError, match="is no site key"):
        parse_sites(tomli_w.dumps({key: table}), "sites.toml")


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        pytest.param("https://www.acme.example", "https://www.acme.example", id="plain"),
        pytest.param("https://www.acme.example/", "https://www.acme.example", id="slash"),
        pytest.param("HTTPS://WWW.Acme.Example", "https://www.acme.example", id="capitals"),
        pytest.param("https://acme.example:443", "https://acme.example", id="default port"),
        pytest.param("http://acme.example:80", "http://acme.example", id="default http port"),
        pytest.param("https://acme.example:8443", "https://acme.example:8443", id="port"),
        pytest.param("http://acme.example:443", "http://acme.example:443", id="odd port"),
        pytest.param("https://Bücher.example", "https://xn--bcher-kva.example", id="umlaut"),
        pytest.param("https://www.fußball.example", "https://www.xn--fuball-cta.example", id="ß"),
        pytest.param(
            "https://fu%C3%9Fball.example", "https://xn--fuball-cta.example", id="percent"
        ),
        pytest.param("https://[0:0::1]", "https://[::1]", id="long IPv6"),
        pytest.param("http://127.0.0.1:8000", "http://127.0.0.1:8000", id="IPv4"),
        pytest.param("http://[2001:DB8::1]:8000", "http://[2001:db8::1]:8000", id="IPv6"),
        pytest.param("http://localhost:3000", "http://localhost:3000", id="localhost"),
    ],
)
def test_an_origin_becomes_what_a_browser_sends(written: str, origin: str) -> None:
    site = sites_of(changed('"https://www.acme.example"', f'"{written}"'))["acme"]
    assert site.origins == [origin]


@pytest.mark.parametrize(
    "written",
    [
        "",
        "null",
        "*",
        "https://",
        "https://*",
        "https://*.acme.example",
        "www.acme.example",
        "//www.acme.example",
        "ftp://www.acme.example",
        "javascript:alert(1)",
        "https://www.acme.example/shop",
        "https://www.acme.example?x=1",
        "https://www.acme.example#top",
        "https://me@www.acme.example",
        "https://:secret@www.acme.example",
        "https://www.acme.example:99999",
        "https://www.acme.example:https",
        "https://www acme.example",
        "https://[::1",
        f"https://{'a' * 64}.example",
    ],
)
def test_an_invalid_origin_is_a_fault_with_an_example(written: str) -> None:
    (fault,) = faults_of(changed('"https://www.acme.example"', f'"{written}"'))
    assert fault.startswith("sites.toml: acme.origins[0]: ")
    assert "https://www.acme.example" in fault, "an example of a right one is missing"


def test_a_receptionist_is_found_by_key_and_an_only_one_without() -> None:
    sites = parse_sites(SITES, "sites.toml")
    acme, other = sites["acme"], sites["other"]
    assert [receptionist.key for receptionist in acme.receptionists] == ["sales", "help"]
    assert acme.receptionist("help") == acme.receptionists[1]
    assert acme.receptionist("") is None, "which of the two is meant cannot be told"
    assert acme.receptionist("55443322") is None, "a menu id is no key"
    assert other.receptionist("") == other.receptionists[0]
    assert other.receptionist("sales") is None


def test_evidence_is_kept_for_as_long_as_the_call_at_least() -> None:
    site = sites_of(SMALLEST)["acme"]
    assert (site.retention_days, site.evidence_days) == (90, 1830)
    days = 'region = "US"\nretention_days = {}\nevidence_days = {}'
    site = sites_of(textwrap.dedent(SMALLEST).replace('region = "US"', days.format(7, 7)))["acme"]
    assert (site.retention_days, site.evidence_days) == (7, 7)
    faults = faults_of(textwrap.dedent(SMALLEST).replace('region = "US"', days.format(31, 30)))
    assert faults == [
        "sites.toml: acme: evidence_days (30) must not be less than retention_days (31)"
    ]
    (fault,) = faults_of(changed('region = "US"', 'region = "US"\n    retention_days = 1831'))
    assert "evidence_days (1830) must not be less than retention_days (1831)" in fault
    faults = faults_of(textwrap.dedent(SMALLEST).replace('region = "US"', days.format(0, "true")))
    assert [fault.split(":")[1] for fault in faults] == [
        " acme.retention_days",
        " acme.evidence_days",
    ]


@pytest.mark.parametrize("tag", ["de", "pt-BR", "zh-Hant-TW", "nb"])
def test_an_owner_may_write_in_any_language(tag: str) -> None:
    """This includes languages that Callme itself does not have."""
    site = sites_of(changed('region = "US"', f'region = "US"\n    language = "{tag}"'))["acme"]
    assert (site.language, site.wording.locale) == (tag, tag)
    assert sites_of(SMALLEST)["acme"].language == "en"


@pytest.mark.parametrize("tag", ["", "english", "en-us", "en_US", "xx", "de-DE-1996"])
def test_a_language_must_be_a_known_tag(tag: str) -> None:
    (fault,) = faults_of(changed('region = "US"', f'region = "US"\n    language = "{tag}"'))
    assert fault == (
        f"sites.toml: acme.language: {tag!r} is no language;"
        ' write a tag such as "en", "pt-BR" or "zh-Hant"'
    )
