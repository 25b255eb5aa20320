"""The widget's files are cheap to revalidate, immutable under their address, and contain no secret."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import brotli
import pytest

from tests.helpers.callme import Callme, Visitor, running_callme
from tests.helpers.sites import CONSENT, HELP_MENU, SALES_MENU, SITES, both_sites
from tests.helpers.waiting import wait_until
from webapp.context import EXTENSION
from webapp.domain.clock import utc_now
from webapp.services.sites import SiteCache
from webapp.store.engine import StoreUnavailable
from webapp.store.pauses import PauseRepository
from webapp.web.site.widget import LAUNCHER_SECONDS

MANY = [
    "US",
    "CA",
    "GB",
    "DE",
    "FR",
    "IT",
    "ES",
    "PT",
    "NL",
    "PL",
    "SE",
    "CZ",
    "TR",
    "JP",
    "IL",
    "BR",
]


@pytest.fixture
def visitor(callme: Callme) -> Visitor:
    return callme.visitor(origin=None)


def module_address(visitor: Visitor) -> str:
    """The versioned address of the launcher without a site, located as a browser does it."""
    (version,) = re.findall(r'version:"([0-9a-f]+)"', visitor.get("/w/acme.js").text)
    return f"/widget/{version}/launcher.js"


FILES: dict[str, Callable[[Visitor], str]] = {
    "launcher of a site": lambda visitor: "/w/acme.js",
    "what its form is made of": lambda visitor: visitor.form_address(),
    "versioned file": module_address,
}


@pytest.fixture(params=FILES.values(), ids=list(FILES))
def path(request: pytest.FixtureRequest, visitor: Visitor) -> str:
    return str(request.param(visitor))


def test_launcher_and_form_hold_their_site_and_nothing_secret(visitor: Visitor) -> None:
    for path, own in (("/w/acme.js", 'key:"acme"'), (visitor.form_address(), 'name:"Acme Corp"')):
        answer = visitor.get(path)
        assert answer.status_code == 200
        assert answer.mimetype == "text/javascript"
        assert own in answer.text
        for secret in (SALES_MENU, HELP_MENU, "menu_id"):
            assert secret not in answer.text


def test_launcher_and_form_together_hold_the_sites_api_answer(visitor: Visitor) -> None:
    (button,) = re.findall(r"site:(\{.*\})\}\)", visitor.get("/w/acme.js").text)
    form = visitor.get(visitor.form_address()).text.removeprefix("export default ")
    parts = [json.loads(re.sub(r"(?<=[{,])(\w+):", r'"\1":', part)) for part in (button, form)]
    assert parts[0].pop("form") == visitor.form_address()
    assert not parts[0].keys() & parts[1].keys()
    answer = visitor.get("/api/sites/acme").get_json()
    assert parts[0] | parts[1] == {name: value for name, value in answer.items() if value}


def test_a_launcher_is_no_larger_for_a_site_of_many_countries(tmp_path: Path) -> None:
    """The form's file says how their numbers are written."""

    def size(sites: str) -> int:
        folder = tmp_path / str(len(sites))
        folder.mkdir()
        with running_callme(folder, sites=sites) as callme:
            visitor = callme.visitor()
            return len(visitor.get("/w/acme.js", headers={"Accept-Encoding": "gzip"}).data)

    assert abs(size(both_sites(allowed_regions=MANY)) - size(SITES)) < 20


def test_widget_files_can_be_loaded_from_cross_origin_isolated_pages(
    visitor: Visitor, path: str
) -> None:
    headers = visitor.get(path).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_a_browser_that_has_the_file_is_answered_304_without_it(
    visitor: Visitor, path: str
) -> None:
    first = visitor.get(path)
    again = visitor.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    other = visitor.get(path, headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        pytest.param("gzip", "gzip", id="gzip"),
        pytest.param("gzip, deflate, br, zstd", "br", id="as browsers say it"),
        pytest.param("br;q=1, gzip;q=0.5", "br", id="gzip at half"),
        pytest.param("br;q=0.5, gzip", "gzip", id="brotli at half"),
        pytest.param("*", "br", id="anything"),
        pytest.param("", None, id="nothing"),
        pytest.param("identity", None, id="identity"),
        pytest.param("br", "br", id="brotli only"),
        pytest.param("zstd", None, id="one that we have not"),
        pytest.param("gzip;q=0", None, id="anything but gzip"),
        pytest.param("gzip;q=0, *", "br", id="gzip refused, others welcome"),
    ],
)
def test_widget_files_are_compressed_as_accept_encoding_allows(
    visitor: Visitor, path: str, accepted: str, coding: str | None
) -> None:
    plain = visitor.get(path)
    answer = visitor.get(path, headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == coding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(answer.data) == plain.data
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert (answer.headers["ETag"] == plain.headers["ETag"]) == (coding is None)
    again = visitor.get(
        path, headers={"Accept-Encoding": accepted, "If-None-Match": answer.headers["ETag"]}
    )
    assert again.status_code == 304
    if coding:
        assert len(answer.data) < len(plain.data)


def test_the_launcher_is_cached_briefly_and_versioned_files_for_a_year(visitor: Visitor) -> None:
    launcher = visitor.get("/w/acme.js").headers["Cache-Control"]
    assert f"max-age={LAUNCHER_SECONDS}" in launcher
    assert "immutable" not in launcher
    for path in (module_address(visitor), visitor.form_address()):
        cache_control = visitor.get(path).headers["Cache-Control"]
        assert "max-age=31536000" in cache_control
        assert "immutable" in cache_control


@pytest.mark.parametrize(
    "path",
    [
        "/w/nobody.js",
        "/w/acme",
        "/w/acme.css",
        "/w/.js",
        "/w/nobody/00000000.js",
        "/w/acme/.js",
        "/w/acme/00000000.css",
        "/widget/000000000000/nothing.js",
        "/widget/VERSION/nothing.js",
        "/widget/VERSION/../launcher.js",
        "/widget/VERSION/%2e%2e%2fpages.css",
        "/widget/VERSION/",
    ],
)
def test_an_unknown_widget_file_is_an_uncached_404(visitor: Visitor, path: str) -> None:
    version = module_address(visitor).split("/")[2]
    answer = visitor.get(path.replace("VERSION", version))
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["Cache-Control"], "a mistake must not last"


def test_modules_of_an_old_version_are_served_uncached(visitor: Visitor) -> None:
    """Browsers keep old launchers for a while. What these request by the old version is not cached."""
    current = visitor.get(module_address(visitor))
    version = module_address(visitor).split("/")[2]
    old = visitor.get(module_address(visitor).replace(version, "0" * 12))
    assert (old.status_code, old.text) == (200, current.text)
    assert old.headers["Cache-Control"] == "no-cache"
    assert "immutable" in current.headers["Cache-Control"]


def test_the_form_at_an_old_address_is_served_uncached(visitor: Visitor) -> None:
    current = visitor.get(visitor.form_address())
    old = visitor.get("/w/acme/00000000.js")
    assert (old.status_code, old.text) == (200, current.text)
    assert old.headers["Cache-Control"] == "no-cache"


def test_a_changed_form_has_another_address(callme: Callme, visitor: Visitor) -> None:
    """Otherwise browsers would show the old one for a year."""
    before = visitor.form_address()
    callme.store.set_up(both_sites(consent=CONSENT.replace("By pressing", "Pressing")))
    wait_until(lambda: visitor.form_address() != before, 10, "the changed form")
    form = visitor.get(visitor.form_address())
    assert "immutable" in form.headers["Cache-Control"]
    assert "Pressing" in form.text
    assert visitor.get(before).headers["Cache-Control"] == "no-cache"


def test_a_changed_site_has_another_launcher(callme: Callme, visitor: Visitor) -> None:
    def is_new() -> bool:
        return visitor.form_address() != form

    etag = visitor.get("/w/acme.js").headers["ETag"]
    form = visitor.form_address()
    known = {"If-None-Match": etag}
    assert visitor.get("/w/acme.js", headers=known).status_code == 304
    callme.store.set_up(both_sites(name="Acme & Sons"))
    wait_until(is_new, 10, "the changed launcher")
    assert 'name:"Acme & Sons"' in visitor.get(visitor.form_address()).text
    assert visitor.get("/w/acme.js", headers=known).status_code == 200


def test_a_paused_site_has_another_launcher_until_it_is_resumed(
    callme: Callme, visitor: Visitor
) -> None:
    pauses = PauseRepository(callme.store.database, utc_now)
    running = visitor.get("/w/acme.js").text
    pauses.pause("acme")
    paused = wait_until(
        lambda: (text := visitor.get("/w/acme.js").text) != running and text,
        10,
        "the paused launcher",
    )
    assert "paused:true" in str(paused)
    pauses.resume("acme")
    wait_until(lambda: visitor.get("/w/acme.js").text == running, 10, "the launcher as it was")


def test_an_unreadable_site_is_reported_and_its_last_launcher_served(
    callme: Callme, visitor: Visitor
) -> None:
    before = visitor.get("/w/acme.js").text
    callme.store.execute("UPDATE sites SET config = '{\"colour\": 1}' WHERE key = 'acme'")
    sites: SiteCache = callme.app.extensions[EXTENSION].sites
    said = "the stored site acme cannot be read (name, origins, "

    def is_seen() -> bool:
        with suppress(StoreUnavailable):
            sites.is_paused("acme")
            return False
        return True

    wait_until(is_seen, 10, "the broken row")
    assert visitor.get("/w/acme.js").text == before
    with pytest.raises(StoreUnavailable, match=re.escape(said)):
        sites.is_paused("acme")


def test_without_a_database_and_a_known_site_the_launcher_is_a_503(
    callme: Callme, visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    callme.store.execute("DROP TABLE sites")
    answer = visitor.get("/w/acme.js")
    assert answer.status_code == 503
    assert "X-Request-ID" in answer.headers
    assert "the database cannot be used" in caplog.text
