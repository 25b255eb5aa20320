"""The files that ship beside the code, and the widget as browsers get it.

Built once at startup: joined, minified and named by a hash of their content, so that browsers can cache
them forever. Compressed on first use.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import brotli
import zopfli.gzip
from rcssmin import cssmin

from webapp.domain.site.model import Site
from webapp.minified import minified
from webapp.words import Catalogues

_PACKAGE = Path(__file__).parent
# In the wheel both folders are inside the package; in a checkout they are beside it.
_HOME = _PACKAGE if (_PACKAGE / "static").is_dir() else _PACKAGE.parent
STATIC = _HOME / "static"
TEMPLATES = _HOME / "templates"

LAUNCHER = "launcher.js"
_PANEL = "panel.js"
_CHOOSER = "chooser.js"
_JOINED = ("dom.js", "visit.js", "call.js", "format.js", "form.js", "cards.js", _PANEL)
"""The modules that every panel needs, bundled: one request, and better compression. Each follows its
imports."""

_EXPORTS = "Panel, el"
"""What the launcher and the separate modules import from the bundle."""

_LABEL = "launcher"
"""The catalogue key of the button's label."""

_SHOW = "show.js"
"""Inlined as an expression into the launchers of sites with `show` rules."""

CODINGS = ("br", "gzip")
"""The content codings of a file, best first."""

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
"""The parts of a site's configuration that its form needs and its button does not."""

_VERSION_LENGTH = 8
"""Hex digits of a version hash."""

_BOOT = "__CALLME_BOOT__"
_CSS = "__CALLME_CSS__"
_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([a-z]+\.js)";\n', re.MULTILINE)


@dataclass(frozen=True)
class Asset:
    """A file's body, plain and compressed, with its strong ETag."""

    body: bytes

    @classmethod
    def of(cls, text: str) -> Asset:
        return cls(text.encode())

    @cached_property
    def etag(self) -> str:
        return hashlib.sha256(self.body).hexdigest()[:16]

    @property
    def integrity(self) -> str:
        """The value of a tag's `integrity` attribute (SRI)."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()

    @cached_property
    def br(self) -> bytes:
        return bytes(brotli.compress(self.body, mode=brotli.MODE_TEXT, quality=11))

    @cached_property
    def gzip(self) -> bytes:
        return bytes(zopfli.gzip.compress(self.body))

    def encoded(self, coding: str) -> bytes:
        """The body in one of CODINGS, compressed on first use."""
        return self.br if coding == "br" else self.gzip


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """The files of one site. Its launcher contains the address of `form`."""

    launcher: Asset
    form: Asset
    form_version: str
    """Changes whenever the form does."""


class Widget:
    """The launcher and the modules that it imports."""

    def __init__(self, public_url: str, catalogues: Catalogues) -> None:
        self._public_url = public_url
        self._labels = {
            locale: catalogue.widget[_LABEL] for locale, catalogue in catalogues.items()
        }
        scripts = dict(_minified_scripts())
        self._launcher = scripts.pop(LAUNCHER)
        self._show = scripts.pop(_SHOW).rstrip(";\n")
        modules = (
            scripts
            | {
                f"locale-{name}.js": _module(catalogue.widget)
                for name, catalogue in catalogues.items()
            }
            | {
                f"chooser-{name}.js": _module(catalogue.chooser)
                for name, catalogue in catalogues.items()
            }
        )
        parts = (public_url, self._labels, self._launcher, self._show, sorted(modules.items()))
        self.version = hashlib.sha256(repr(parts).encode()).hexdigest()[:_VERSION_LENGTH]
        self._built: dict[str, tuple[tuple[object, ...], SiteFiles]] = {}
        self.files = {name: Asset.of(text) for name, text in modules.items()}
        self.files[LAUNCHER] = self.launcher(None)

    def address(self, name: str) -> str:
        """The permanent address of a file of this version."""
        return f"{self._public_url}/widget/{self.version}/{name}"

    def launcher(self, site: Mapping[str, object] | None) -> Asset:
        """The launcher, with one site's button configuration inlined or without any."""
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
        spans: object,
        public: Callable[[str, Site], Mapping[str, object]],
    ) -> SiteFiles:
        """The files of `site`, built again only if the site, `paused`, or the `spans` of time in which
        its button shows have changed."""
        built = self._built.get(key)
        state = (site, paused, spans)
        if built is None or any(old is not new for old, new in zip(built[0], state, strict=True)):
            # `public` may read a newer `paused`: the argument wins.
            sent = _without_defaults({**public(key, site), "paused": paused})
            form = {name: value for name, value in sent.items() if name in FORM_ALONE}
            button = {name: value for name, value in sent.items() if name not in FORM_ALONE}
            module = Asset.of(f"export default {_literal(form)}")
            version = module.etag[:_VERSION_LENGTH]
            launcher = self.launcher({**button, "form": f"/w/{key}/{version}.js"})
            built = self._built[key] = (state, SiteFiles(launcher, module, version))
        return built[1]


@cache
def _minified_scripts() -> Mapping[str, str]:
    """Cached: the same for every installation, and minifying starts a process."""
    return minified(_scripts())


def _scripts() -> dict[str, str]:
    """The scripts as browsers import them, not yet minified."""
    folder = STATIC / "widget"
    scripts = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.js"))}
    scripts[LAUNCHER] = _with_css(scripts[LAUNCHER], folder / "launcher.css")
    scripts[_PANEL] = _with_css(scripts[_PANEL], folder / "panel.css")
    scripts[_CHOOSER] = _with_css(scripts[_CHOOSER], folder / "chooser.css")
    joined = "".join(_IMPORT.sub("", scripts.pop(name)) for name in _JOINED)
    # Wrapped in a function, so that the minifier can shorten all names but the exports.
    inside = joined.replace("export ", "")
    joined = f"export const {{{_EXPORTS}}} = (() => {{{inside}return {{{_EXPORTS}}};}})();"
    alone = {name: _IMPORT.sub(_from_panel, text) for name, text in scripts.items()}
    return alone | {_PANEL: joined, _SHOW: alone[_SHOW].replace("export default ", "")}


def _from_panel(found: re.Match[str]) -> str:
    """Import from the panel's file if the module was joined into it."""
    return found[0].replace(found[1], _PANEL) if found[1] in _JOINED else found[0]


def _module(texts: Mapping[str, str]) -> str:
    """A module of words. The button's are in the launchers."""
    words = {key: text for key, text in texts.items() if key != _LABEL}
    return f"export default {json.dumps(words, ensure_ascii=False, separators=(',', ':'))}"


def _without_defaults(configuration: Mapping[str, object]) -> dict[str, object]:
    """Without None, {} and False, which the scripts treat as missing keys."""
    return {
        name: value
        for name, value in configuration.items()
        if value not in (None, {}) and value is not False
    }


def _literal(value: object) -> str:
    """JSON as a JavaScript literal, whose names need no quotes."""
    if isinstance(value, Mapping):
        pairs = (
            f"{name if name.isidentifier() else json.dumps(name)}:{_literal(item)}"
            for name, item in value.items()
        )
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _with_css(script: str, path: Path) -> str:
    """The script with the style sheet's text in place of _CSS."""
    return script.replace(_CSS, json.dumps(cssmin(path.read_text("utf-8")), ensure_ascii=False))
