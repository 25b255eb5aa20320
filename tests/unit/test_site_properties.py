"""A site survives being exported and read again; a junk file is a fault, never a crash."""

from __future__ import annotations

from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from webapp.domain.site.model import Site
from webapp.domain.site.reading import parse_sites
from webapp.errors import ConfigurationError

pytestmark = pytest.mark.unmeasured

WORDS = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" "), min_size=1, max_size=40
).filter(str.strip)
KEYS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
REGIONS = st.sampled_from(["US", "CA", "GB", "DE", "JP", "AU"])
COUNTS = st.integers(0, 5000)

RECEPTIONISTS = st.lists(
    st.fixed_dictionaries(
        {
            "key": st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
            "label": WORDS,
            "menu_id": st.from_regex(r"[0-9A-Za-z_-]{1,12}", fullmatch=True),
        }
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda receptionist: receptionist["key"],
)

SITES = st.fixed_dictionaries(
    {
        "name": WORDS,
        "origins": st.lists(
            st.sampled_from(
                ["https://www.acme.example", "http://localhost:3000", "https://Bücher.example/"]
            ),
            min_size=1,
        ),
        "region": REGIONS,
        "fallback_phone": st.sampled_from(["+12025550199", "+44 20 7946 0000", "+493012345678"]),
        "receptionists": RECEPTIONISTS,
    },
    optional={
        "language": st.sampled_from(["en", "de", "pt-BR", "zh-Hant"]),
        "allowed_regions": st.lists(REGIONS, unique=True),
        "allowed_kinds": st.lists(st.sampled_from(["toll_free", "voip"]), unique=True),
        "consent": st.text(max_size=200),
        "consent_checkbox": st.booleans(),
        "proof_of_work": st.sampled_from(["auto", "always", "never"]),
        "captcha": st.booleans(),
        "privacy_url": st.just("https://www.acme.example/privacy"),
        "retention_days": st.integers(1, 1830),
        "limits": st.fixed_dictionaries({}, optional={"per_hour": COUNTS, "per_day": COUNTS}),
        "appearance": st.fixed_dictionaries(
            {},
            optional={
                "color": st.from_regex(r"#[0-9a-fA-F]{6}", fullmatch=True),
                "label": WORDS,
                "offset": st.lists(st.integers(0, 200), min_size=2, max_size=2),
                "launcher": st.sampled_from(["pill", "bubble", "tab", "inline"]),
                "theme": st.sampled_from(["auto", "light", "dark", "host"]),
            },
        ),
        "show": st.fixed_dictionaries(
            {},
            optional={
                "paths": st.lists(st.sampled_from(["/pricing*", "!/jobs/*", "*"])),
                "delay_seconds": st.integers(0, 3600),
            },
        ),
    },
)

TOML = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)
FIELDS = st.sampled_from(sorted(Site.model_fields))


def written(sites: dict[str, Site]) -> str:
    """As `callme sites export` writes them."""
    return tomli_w.dumps(
        {key: site.model_dump(mode="json", exclude_none=True) for key, site in sites.items()}
    )


def is_read_or_refused(text: str) -> None:
    """A refusal has one line per fault, each of which names the file and can be shown on a terminal."""
    try:
        parse_sites(text, "sites.toml")
    except ConfigurationError as error:
        faults = error.faults
    else:
        return
    assert faults
    for fault in faults:
        assert fault.startswith("sites.toml: ")
        assert fault.isprintable(), repr(fault)


@given(st.dictionaries(KEYS, SITES, min_size=1, max_size=3))
def test_sites_survive_being_written_out_and_read_again(tables: dict[str, Any]) -> None:
    sites = parse_sites(tomli_w.dumps(tables), "sites.toml")
    assert parse_sites(written(sites), "again") == sites


@given(st.text() | st.text("[]{}=\"'#.,\n\\ a0-", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    is_read_or_refused(text)


@given(st.dictionaries(st.text(max_size=5), TOML, min_size=1))
def test_any_tables_are_read_or_refused(tables: dict[str, Any]) -> None:
    try:
        text = tomli_w.dumps(tables)
    except TypeError:  # TOML has no null
        return
    is_read_or_refused(text)


@given(SITES, FIELDS, TOML)
def test_a_site_with_any_value_anywhere_is_read_or_refused(
    table: dict[str, Any], field: str, value: object
) -> None:
    try:
        text = tomli_w.dumps({"acme": {**table, field: value}})
    except TypeError:  # TOML has no null
        return
    is_read_or_refused(text)


@pytest.mark.parametrize("field", sorted(Site.model_fields))
def test_junk_in_a_field_is_named_with_its_place(field: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        parse_sites(tomli_w.dumps({"acme": {field: 1979.5}}), "sites.toml")
    assert any(fault.startswith(f"sites.toml: acme.{field}: ") for fault in refusal.value.faults)
