"""docs/embed.md cannot go stale, as each name in it is compared with the code."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.helpers.guide import (
    CALLME,
    GUIDE,
    ROOT,
    SECTIONS,
    Snippet,
    in_code,
    names,
    snippets,
    table,
    the_snippet,
    widget_source,
)
from tests.helpers.types import members, union
from webapp.domain.site.appearance import Appearance, Show
from webapp.domain.site.reading import parse_sites
from webapp.domain.site.table import Table

_LINK = re.compile(r"\]\(([^)]+)\)")
_SITE = """
[acme]
name = "Acme Corp"
origins = ["https://www.acme.example"]
region = "US"
fallback_phone = "+12025550199"
[[acme.receptionists]]
key = "sales"
label = "Sales"
menu_id = "1"
"""


@pytest.mark.parametrize(("section", "model"), [("Brand", Appearance), ("When it shows", Show)])
def test_every_setting_is_told_with_its_default(section: str, model: type[Table]) -> None:
    """Names and defaults in the table are the model's; the defaults of texts are in the catalogue."""
    rows = dict(zip(names(section, "setting"), names(section, "setting", 1), strict=True))
    assert list(rows) == list(model.model_fields)
    defaults = model().model_dump()
    for name, default in rows.items():
        if defaults[name] is not None:
            assert default == str(defaults[name]), name


def test_texts_that_the_owner_may_replace_are_quoted_as_they_are() -> None:
    words = (ROOT / "static/locales/en.json").read_text("utf-8")
    for name in ("label", "title", "sentence"):
        (default,) = [row[1] for row in table("Brand", "setting") if row[0] == f"`{name}`"]
        assert f'"{default.removesuffix(" …")}' in words


@pytest.mark.parametrize("snippet", snippets("toml"), ids=str)
def test_each_toml_table_of_the_guide_is_valid_and_has_every_setting(snippet: Snippet) -> None:
    """The TOML can be pasted after a site, and has every setting of its table."""
    site = parse_sites(_SITE + snippet.text, "the guide")["acme"]
    (name,) = tomllib.loads(snippet.text)["acme"]
    chosen = getattr(site, name)
    assert chosen.model_fields_set == type(chosen).model_fields.keys()


def test_the_guide_names_all_attributes_parts_events_and_methods_of_the_code() -> None:
    """Attributes, parts, custom properties, events, methods, states, statuses: the guide names all of
    them and no others."""
    source = widget_source(".js", ".css")
    assert set(names("Buttons and languages", "attribute")) == members("CallMeAttributes")
    assert in_code(r"::part\((\w+)\)") == set(re.findall(r'part(?:: |", | = )"(\w+)"', source))
    assert in_code(r"(--callme-[a-z-]+)") == set(re.findall(r"--callme-[a-z-]+", source))
    assert in_code(r"\bcallme:(open|submit|status|close)\b") == members("Details")
    assert set(names("Events", "event")) == members("CallMeEvents")
    assert in_code(r"\bCallme\.(\w+)") == members("CallmeApi")
    assert set(names("Events", "status")) == union("Status")
    (states,) = re.findall(
        r"`data-state` is for styles: one of (.*?)\. It", SECTIONS["Events"], re.DOTALL
    )
    assert set(re.findall(r"`(\w+)`", states)) == union("State")


def test_the_guides_data_layer_names_are_those_of_the_code() -> None:
    """Event names and variables in the recipe are those that the panel pushes."""
    documented = in_code(r"\b(callme_(?!\()\w+)")
    variables = set(re.findall(r"\b(callme_\w+):", widget_source("panel.js")))
    assert documented == variables | set(names("Events", "event", 1))
    assert members("DataLayerEntry") == variables | {"event"}


def test_addresses_are_those_that_callme_has() -> None:
    """Every address of Callme in the guide matches one of these routes."""
    known = r"/w/((acme|beta)\.js)?|/call/acme|/widget/VERSION/launcher\.js|/static/widget/callme\.d\.ts"
    addresses = re.findall(rf"{CALLME}(/[\w./-]*)", GUIDE.read_text("utf-8"))
    assert addresses
    assert [address for address in addresses if not re.fullmatch(known, address)] == []


def test_links_of_the_guide_lead_to_headings_or_files() -> None:
    """Anchors are headings of the guide, and files are in the repository."""
    anchors = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in SECTIONS}
    for link in _LINK.findall(GUIDE.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        if path:
            assert (GUIDE.parent / path).exists(), link
        else:
            assert anchor in anchors, link


def test_server_side_snippets_make_the_tag_that_is_tested() -> None:
    """For WordPress, the address and strategy that it is given are those of the tag it prints."""
    enqueue, shortcode = (snippet.text for snippet in snippets("php", "WordPress"))
    printed = the_snippet("html", "WordPress")
    handle, address = re.findall(r"wp_enqueue_script\( '(\w+)', '([^']+)'", enqueue)[0]
    (strategy,) = re.findall(r"'strategy' => '(\w+)'", enqueue)
    assert f'src="{address}" id="{handle}-js" {strategy} data-wp-strategy="{strategy}"' in printed
    assert '<call-me site="acme"></call-me>' in shortcode
