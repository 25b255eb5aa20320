"""What a visitor downloads."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.servers import Installation, Server
from benchmarks.table import BenchmarkError, Figure
from webapp.sandbox.landing import SITE_KEY

LAUNCHER_BYTES = 3 * 1024
ALL_BYTES = 10 * 1024
_BOOT = '{"base":'
_OTHER_LANGUAGE = re.compile(r"locale-(?!en\.)")


@dataclass(frozen=True, slots=True)
class Boot:
    """The part of the launcher's configuration that says what else there is."""

    base: str
    modules: list[str]


def measure(folder: Path) -> list[Figure]:
    """The sample site's launcher and every module it may import, as they are sent with gzip."""
    installation = Installation(folder)
    installation.prepare()
    with installation.running("web") as server:
        sent, script = _compressed(server, f"/w/{SITE_KEY}.js")
        boot = _boot(script)
        folder_of_modules = urlsplit(boot.base).path
        modules = [
            _compressed(server, folder_of_modules + name)[0]
            for name in boot.modules
            if not _OTHER_LANGUAGE.match(name)
        ]
    return [
        Figure("launcher, gzip", sent, "bytes", at_most=LAUNCHER_BYTES),
        Figure(
            f"launcher and {len(modules)} modules, English, gzip",
            sent + sum(modules),
            "bytes",
            at_most=ALL_BYTES,
        ),
    ]


def _compressed(server: Server, path: str) -> tuple[int, str]:
    """Bytes on the wire, and the text that they hold."""
    status, body = server.get(path, {"Accept-Encoding": "gzip"})
    if status != 200 or body[:2] != b"\x1f\x8b":
        raise BenchmarkError(f"{path}: status {status}, not compressed")
    return len(body), gzip.decompress(body).decode()


def _boot(script: str) -> Boot:
    start = script.find(_BOOT)
    if start < 0:
        raise BenchmarkError("the launcher holds no configuration")
    found, _ = json.JSONDecoder().raw_decode(script, start)
    return Boot(found["base"], found["modules"])
