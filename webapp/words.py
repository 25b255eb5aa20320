"""The translations in static/locales, for the widget, the pages and the API."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from webapp.domain.locales import LOCALES, direction

_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The texts of one language: `widget` is sent to browsers, `chooser` to those that choose a
    time, `server` to none."""

    locale: str
    widget: Mapping[str, str]
    chooser: Mapping[str, str]
    server: Mapping[str, str]

    @property
    def direction(self) -> str:
        return direction(self.locale)

    def text(self, key: str, **values: str) -> str:
        """The text of `key`, with placeholders such as {name} filled in."""
        words = self.widget.get(key) or self.chooser.get(key) or self.server[key]
        return _PLACEHOLDER.sub(lambda found: values[found[1]], words)


Catalogues = Mapping[str, Catalogue]
"""Catalogues by locale, with an entry for each of LOCALES."""


def load_catalogues(folder: Path) -> Catalogues:
    """Read the catalogues, once at startup."""
    catalogues = {}
    for locale in LOCALES:
        tables = json.loads((folder / f"{locale}.json").read_text("utf-8"))
        catalogues[locale] = Catalogue(locale, **tables)
    return catalogues
