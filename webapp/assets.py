"""The files that ship beside the code, and the widget as browsers get it.

Built once when the process starts: joined, minified, and named by a version that changes whenever any
byte of them does, so that browsers may keep them for ever. Compressed when first asked for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import brotli
import zopfli.gzip
from rcssmin import cssmin

from webapp.domain.sites import Site
from webapp.minified import minified
from webapp.words import Catalogue, Catalogues

_PACKAGE = Path(__file__).parent
# In the wheel both folders lie inside the package; in a checkout they lie beside it.
_HOME = _PACKAGE if (_PACKAGE / "static").is_dir() else _PACKAGE.parent
STATIC = _HOME / "static"
TEMPLATES = _HOME / "templates"

LAUNCHER = "launcher.js"
_PANEL = "panel.js"
_JOINED = ("dom.js", "visit.js", "call.js", "format.js", "form.js", "cards.js", _PANEL)
"""Every visitor who opens the panel needs all of these, each after those that it imports: sent as one
file they take one request, and compress better."""

_EXPORTS = "Panel, el"
"""What the launcher and the modules that are imported alone need of them."""

_LABEL = "launcher"
"""The words of a button, among a catalogue's."""

_SHOW = "show.js"
"""An expression in the launchers of sites that ask for it."""

CODINGS = ("br", "gzip")
"""Content codings of a file, the best first."""

FORM_ALONE = (
    "name",
    "title",
    "sentence",
    "countries",
    "consent",
    "consent_checkbox",
    "privacy_url",
    "captcha",
    "receptionists",
)
"""What of a site's configuration its form needs and its button does not."""

_VERSION_LENGTH = 8
"""Digits of the hashes by which files are told from those of before."""

_BOOT = "__CALLME_BOOT__"
_CSS = "__CALLME_CSS__"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z]+\.js)";\n', re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """One file as it is sent: its body, the same compressed, and its strong ETag."""

    body: bytes

    @classmethod
    def of(cls, text: str) -> Asset:
        return cls(text.encode())

    @cached_property
    def etag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:16]

    @property
    def integrity(self) -> str:
        """What `integrity=` of a tag says so that a browser takes no other body."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()

    @cached_property
    def br(self) -> bytes:
        return bytes(brotli.compress(self.body, mode=brotli.MODE_TEXT, quality=11))

    @cached_property
    def gzip(self) -> bytes:
        return bytes(zopfli.gzip.compress(self.body))

    def encoded(self, coding: str) -> bytes:
        """The body in one of CODINGS; compressed when it is first asked for."""
        return self.br if coding == "br" else self.gzip


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """The files of one site: its launcher has `form`'s address inside."""

    launcher: Asset
    form: Asset
    form_version: str
    """Another whenever the form is."""


class Widget:
    """The launcher and the modules that it imports."""

    def __init__(self, public_url: str, catalogues: Catalogues) -> None:
        self._public_url = public_url
        self._labels = {locale: one.widget[_LABEL] for locale, one in catalogues.items()}
        scripts = minified(_scripts())
        self._launcher = scripts.pop(LAUNCHER)
        self._show = scripts.pop(_SHOW).rstrip(";\n")
        modules = scripts | {f"locale-{name}.js": _module(one) for name, one in catalogues.items()}
        parts = (public_url, self._labels, self._launcher, self._show, sorted(modules.items()))
        self.version = hashlib.sha256(repr(parts).encode()).hexdigest()[:_VERSION_LENGTH]
        self._built: dict[str, tuple[Site, bool, SiteFiles]] = {}
        self.files = {name: Asset.of(text) for name, text in modules.items()}
        self.files[LAUNCHER] = self.launcher(None)

    def address(self, name: str) -> str:
        """Where a file of this version is had for ever."""
        return f"{self._public_url}/widget/{self.version}/{name}"

    def launcher(self, site: Mapping[str, object] | None) -> Asset:
        """The launcher with what one site's button is made of inside, or with nothing."""
        boot = {
            "url": self._public_url,
            "version": self.version,
            "labels": self._labels,
            "site": site,
        }
        text = _literal(boot)
        if site and "show" in site:
            text = f"{text[:-1]},show:{self._show}}}"
        return Asset.of(self._launcher.replace(_BOOT, text))

    def of_site(
        self,
        key: str,
        site: Site,
        paused: bool,
        public: Callable[[str, Site], Mapping[str, object]],
    ) -> SiteFiles:
        """The files of `site`, built again only when something of it is other than before."""
        built = self._built.get(key)
        if built is None or built[0] is not site or built[1] is not paused:
            # Paused as it was asked for: what `public` looks up may be another by now.
            told = _told({**public(key, site), "paused": paused})
            form = {name: one for name, one in told.items() if name in FORM_ALONE}
            button = {name: one for name, one in told.items() if name not in FORM_ALONE}
            module = Asset.of(f"export default {_literal(form)}")
            version = module.etag[:_VERSION_LENGTH]
            launcher = self.launcher({**button, "form": f"/w/{key}/{version}.js"})
            built = self._built[key] = (site, paused, SiteFiles(launcher, module, version))
        return built[2]


def _scripts() -> dict[str, str]:
    """The scripts as browsers import them, not yet minified."""
    folder = STATIC / "widget"
    scripts = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.js"))}
    scripts[LAUNCHER] = _with_css(scripts[LAUNCHER], folder / "launcher.css")
    scripts[_PANEL] = _with_css(scripts[_PANEL], folder / "panel.css")
    joined = "".join(_IMPORT.sub("", scripts.pop(name)) for name in _JOINED)
    # In a scope of its own, so that all names but those wanted outside can be shortened.
    inside = joined.replace("export ", "")
    joined = f"export const {{{_EXPORTS}}} = (() => {{{inside}return {{{_EXPORTS}}};}})();"
    alone = {name: _IMPORT.sub(_from_panel, text) for name, text in scripts.items()}
    return alone | {_PANEL: joined, _SHOW: alone[_SHOW].replace("export default ", "")}


def _from_panel(found: re.Match[str]) -> str:
    """What was joined is had from the panel's file."""
    return found[0].replace(found[1], _PANEL) if found[1] in _JOINED else found[0]


def _module(catalogue: Catalogue) -> str:
    """The words of the panel; the launchers carry those of their button."""
    words = {key: one for key, one in catalogue.widget.items() if key != _LABEL}
    return f"export default {json.dumps(words, ensure_ascii=False, separators=(',', ':'))}"


def _told(configuration: Mapping[str, object]) -> dict[str, object]:
    """Without what a script takes for nothing anyway."""
    return {
        name: one
        for name, one in configuration.items()
        if one not in (None, {}) and one is not False
    }


def _literal(value: object) -> str:
    """JSON as a script has it, where names need no quotes."""
    if isinstance(value, Mapping):
        pairs = (
            f"{name if name.isidentifier() else json.dumps(name)}:{_literal(one)}"
            for name, one in value.items()
        )
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _with_css(script: str, path: Path) -> str:
    """The script with the style sheet as text where it asks for it."""
    return script.replace(_CSS, json.dumps(cssmin(path.read_text("utf-8")), ensure_ascii=False))
