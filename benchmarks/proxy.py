"""Caddy in front of servers, with TLS and HTTP/2 as `deploy/` has it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from benchmarks.servers import HOST, clean_environment, free_port, running
from benchmarks.table import BenchmarkError

_CADDYFILE = """\
{{
	admin off
	default_bind {host}
	skip_install_trust
	auto_https disable_redirects
}}
http://{host}:{port} {{
	respond /ready 200
}}
"""
_SITE = """\
{origin} {{
	tls internal
	reverse_proxy {behind}
	header -Server
}}
"""


def https_origin() -> str:
    """An origin whose port is free."""
    return f"https://{HOST}:{free_port()}"


@contextmanager
def https(folder: Path, servers: Mapping[str, str]) -> Iterator[None]:
    """Forwards each of the origins to the server behind it. The certificates are Caddy's own, which no
    browser trusts."""
    caddy = Path(sys.executable).with_name("caddy")
    if not caddy.exists():
        raise BenchmarkError("no Caddy here: its package is Linux's only")
    port = free_port()
    file = folder / "Caddyfile"
    sites = (_SITE.format(origin=origin, behind=behind) for origin, behind in servers.items())
    file.write_text(_CADDYFILE.format(host=HOST, port=port) + "".join(sites), "utf-8")
    command = [str(caddy), "run", "--config", str(file), "--adapter", "caddyfile"]
    with running(command, port, "/ready", clean_environment() | {"HOME": str(folder)}, folder):
        yield
