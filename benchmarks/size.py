"""What a visitor downloads."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from benchmarks.servers import Installation, Server
from benchmarks.table import BenchmarkError, Figure
from webapp.domain.locales import LOCALES
from webapp.sandbox.landing import SITE_KEY

LAUNCHER_BYTES = 3 * 1024
ALL_BYTES = 11_520
CHOOSER_BYTES = 3_584
CODINGS = ("gzip", "br")
_VERSION = re.compile(r'version:"([0-9a-f]+)"')
_FORM = re.compile(r'form:"([^"]+)"')


def measure(folder: Path) -> list[Figure]:
    """The sample site's launcher, and the files that a visitor of each language imports with it."""
    installation = Installation(folder)
    installation.prepare()
    with installation.running("web") as server:
        return [figure for coding in CODINGS for figure in _figures(server, coding)]


def _figures(server: Server, coding: str) -> list[Figure]:
    """The limit is for an English visitor. Other languages add as much as their words are longer."""
    path = f"/w/{SITE_KEY}.js"
    launcher = len(_sent(server, path, coding))
    script = gzip.decompress(_sent(server, path, "gzip")).decode()
    version, form = _VERSION.search(script), _FORM.search(script)
    if not (version and form):
        raise BenchmarkError("the launcher names no version, or no form")
    folder = f"/widget/{version[1]}"
    own = len(_sent(server, form[1], coding))
    panel = len(_sent(server, f"{folder}/panel.js", coding))
    words = {
        locale: len(_sent(server, f"{folder}/locale-{locale}.js", coding)) for locale in LOCALES
    }
    longest = max(words, key=lambda locale: words[locale])
    return [
        Figure(f"launcher, {coding}", launcher, "bytes", at_most=LAUNCHER_BYTES),
        Figure(f"  panel, {coding}", panel, "bytes"),
        Figure(f"  what the site's form is made of, {coding}", own, "bytes"),
        Figure(
            f"all of a visitor, {coding}",
            launcher + panel + own + words["en"],
            "bytes",
            at_most=ALL_BYTES,
        ),
        Figure(
            f"  the same with the longest words, {longest}",
            launcher + panel + own + words[longest],
            "bytes",
        ),
        Figure(
            f"the chooser of times, {coding}",
            len(_sent(server, f"/widget/{version[1]}/chooser.js", coding)),
            "bytes",
            at_most=CHOOSER_BYTES,
        ),
    ]


def _sent(server: Server, path: str, coding: str) -> bytes:
    """The body as it is on the wire."""
    status, headers, body = server.get(path, accept_encoding=coding)
    coded = headers["Content-Encoding"]
    if status != 200 or coded != coding:
        raise BenchmarkError(f"{path}: status {status}, coding {coded!r} and not {coding}")
    return body
