"""What a visitor downloads."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from benchmarks.servers import Installation, Server
from benchmarks.table import BenchmarkError, Figure
from webapp.sandbox.landing import SITE_KEY

LAUNCHER_BYTES = 3 * 1024
ALL_BYTES = 10 * 1024
CODINGS = ("gzip", "br")
_BOOT = '{"url":'


@dataclass(frozen=True, slots=True)
class Boot:
    """The part of the launcher's configuration that says what else there is."""

    folder: str
    languages: list[str]


def measure(folder: Path) -> list[Figure]:
    """The sample site's launcher, and with it what a visitor of each language imports."""
    installation = Installation(folder)
    installation.prepare()
    with installation.running("web") as server:
        return [figure for coding in CODINGS for figure in _figures(server, coding)]


def _figures(server: Server, coding: str) -> list[Figure]:
    path = f"/w/{SITE_KEY}.js"
    boot = _boot(gzip.decompress(_sent(server, path, "gzip")).decode())
    launcher = len(_sent(server, path, coding))
    panel = len(_sent(server, f"{boot.folder}/panel.js", coding))
    words = {
        language: len(_sent(server, f"{boot.folder}/locale-{language}.js", coding))
        for language in boot.languages
    }
    longest = max(words, key=lambda language: words[language])
    return [
        Figure(f"launcher, {coding}", launcher, "bytes", at_most=LAUNCHER_BYTES),
        Figure(
            f"all of a visitor, {coding}, largest of {len(words)} languages: {longest}",
            launcher + panel + words[longest],
            "bytes",
            at_most=ALL_BYTES,
        ),
        Figure(f"  panel, {coding}", panel, "bytes"),
        Figure(f"  words, {longest}, {coding}", words[longest], "bytes"),
    ]


def _sent(server: Server, path: str, coding: str) -> bytes:
    """The body as it is on the wire."""
    status, coded, body = server.fetch(path, {"Accept-Encoding": coding})
    if status != 200 or coded != coding:
        raise BenchmarkError(f"{path}: status {status}, coding {coded!r} and not {coding}")
    return body


def _boot(script: str) -> Boot:
    start = script.find(_BOOT)
    if start < 0:
        raise BenchmarkError("the launcher holds no configuration")
    found, _ = json.JSONDecoder().raw_decode(script, start)
    return Boot(f"/widget/{found['version']}", sorted(found["labels"]))
