"""The files that ship beside the code: the words, and the widget as browsers get it.

Built once when the process starts: minified, compressed, and named by a version that changes
whenever any byte of them does, so that browsers may keep them for ever.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rcssmin import cssmin
from rjsmin import jsmin

from webapp.domain.sites import Site

_PACKAGE = Path(__file__).parent
# In the wheel both folders lie inside the package; in a checkout they lie beside it.
_HOME = _PACKAGE if (_PACKAGE / "static").is_dir() else _PACKAGE.parent
STATIC = _HOME / "static"
TEMPLATES = _HOME / "templates"

LAUNCHER = "launcher.js"
_ON_DEMAND = {"captcha.js", "country.js", "format.js", "proof.js"}
"""Modules that the others import themselves, where a site or the hour asks for them."""

_BOOT = "__CALLME_BOOT__"
_CSS = "__CALLME_CSS__"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent: its body, the same compressed, and its strong ETag."""

    body: bytes
    gzipped: bytes
    etag: str

    @classmethod
    def of(cls, text: str) -> Asset:
        body = text.encode()
        return cls(body, gzip.compress(body, 9, mtime=0), hashlib.sha256(body).hexdigest()[:16])


class Catalogue:
    """The words of one language, from static/locales: the same file serves widget and server."""

    def __init__(self, locale: str) -> None:
        self.locale = locale
        parts = json.loads((STATIC / "locales" / f"{locale}.json").read_text("utf-8"))
        self.widget: Mapping[str, str] = parts["widget"]
        self._words: Mapping[str, str] = {**parts["widget"], **parts["server"]}

    def text(self, key: str, **values: str) -> str:
        """The words under `key`, with {name} and the like filled in."""
        return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], self._words[key])


class Widget:
    """The launcher and its lazily imported modules."""

    def __init__(self, public_url: str, catalogue: Catalogue) -> None:
        self._public_url = public_url
        folder = STATIC / "widget"
        sources = {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.js"))}
        launcher = jsmin(_with_css(sources.pop(LAUNCHER), folder / "launcher.css"))
        modules = {
            name: jsmin(_with_css(text, folder / "panel.css")) for name, text in sources.items()
        }
        words = json.dumps(catalogue.widget, ensure_ascii=False, separators=(",", ":"))
        modules[f"locale-{catalogue.locale}.js"] = f"export default {words}"
        digest = hashlib.sha256(repr((public_url, launcher, sorted(modules.items()))).encode())
        self.version = digest.hexdigest()[:12]
        self._launcher = launcher
        self._words = catalogue.widget
        self._modules = sorted(modules.keys() - _ON_DEMAND)
        self._built: dict[str, tuple[Site, Asset]] = {}
        self.files = {name: Asset.of(text) for name, text in modules.items()}
        self.files[LAUNCHER] = self.launcher(None)

    def launcher(self, site: Mapping[str, object] | None) -> Asset:
        """The launcher with one site's public configuration inside, or with none."""
        boot = {
            "base": f"{self._public_url}/widget/{self.version}/",
            "api": f"{self._public_url}/api/",
            "page": f"{self._public_url}/call/",
            "modules": self._modules,
            "label": self._words["launcher"],
            "offline": self._words["offline.title"],
            "site": site and {name: one for name, one in site.items() if one not in (None, False)},
        }
        text = json.dumps(boot, ensure_ascii=False, separators=(",", ":"))
        return Asset.of(self._launcher.replace(_BOOT, text))

    def site_launcher(
        self, key: str, site: Site, public: Callable[[str, Site], Mapping[str, object]]
    ) -> Asset:
        """The launcher of `site`, built again only when the site is another one than before."""
        built = self._built.get(key)
        if built is None or built[0] is not site:
            built = self._built[key] = (site, self.launcher(public(key, site)))
        return built[1]


def _with_css(script: str, path: Path) -> str:
    """The script with the style sheet as text where it asks for it."""
    if _CSS not in script:
        return script
    return script.replace(_CSS, json.dumps(cssmin(path.read_text("utf-8")), ensure_ascii=False))
