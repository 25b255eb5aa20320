"""The database URL: what it may contain, and the driver's arguments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from webapp.errors import ConfigurationError

STATEMENT_TIMEOUT_MS = 10_000
LOCK_TIMEOUT_MS = 5_000
"""How long a writer waits for a writer of another process."""

POOLER = "pooler"
"""Our own URL parameter: `pooler=transaction` if each transaction may get another connection."""

_EXAMPLES = "sqlite:///var/callme.db or postgresql://callme@db.example/callme"
_SEVERAL_HOSTS = re.compile(
    r"(?P<scheme>postgres(?:ql)?(?:\+psycopg)?://(?:[^@/]*@)?)(?P<hosts>[^/?@]*,[^/?@]*)"
    r"(?P<path>/[^?]*)?(?:\?(?P<query>.*))?\Z"
)
_HOST = re.compile(r"(?P<name>\[[^\]]+\]|[^:\[\]]+)(?::(?P<port>\d*))?")
_LOGIN = re.compile(r"//[^:/@]*(?::[^@]*)?@")
"""The credentials, as a password may contain the URL's delimiters."""
_DRIVER_OF = {"postgresql": "psycopg", "postgres": "psycopg", "sqlite": "pysqlite"}
_CONNECTING: Mapping[str, Any] = {
    "connect_timeout": 3,
    "application_name": "callme",
    # A server that vanishes is noticed within half a minute.
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
"""Defaults that the URL can override."""

# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS, and psycopg's own.
_PARAMETERS = frozenset(
    (
        *("user", "password", "dbname", "host", "port", "hostaddr", "passfile", "options"),
        *("require_auth", "channel_binding"),
        *("connect_timeout", "application_name", "fallback_application_name", "keepalives"),
        *("keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout"),
        *("sslmode", "sslnegotiation", "sslcompression", "sslcert", "sslkey", "sslpassword"),
        *("sslcertmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "requirepeer"),
        *("ssl_min_protocol_version", "ssl_max_protocol_version", "gssencmode", "krbsrvname"),
        *("gsslib", "gssdelegation", "target_session_attrs", "load_balance_hosts"),
        *("prepare_threshold", POOLER),
    )
)


def parse_url(url: str) -> URL:
    """Parse a database URL; raises ConfigurationError unless it is supported."""
    try:
        parsed = make_url(_one_host(url))
    except (ArgumentError, ValueError):
        raise _fault(f"is no database address; for example {_EXAMPLES}") from None
    backend, _, driver = parsed.drivername.partition("+")
    if driver not in ("", _DRIVER_OF.get(backend)):
        raise _fault(f"the driver {driver!r} is not used here; leave it out, as in {_EXAMPLES}")
    said = parse_qsl(_LOGIN.sub("", url).partition("?")[2], keep_blank_values=True)
    if backend in ("postgresql", "postgres"):
        _check(parsed, said, _PARAMETERS)
        return _with_hosts(parsed.set(drivername="postgresql+psycopg"))
    if backend != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise _fault(f"must be a SQLite file or PostgreSQL; for example {_EXAMPLES}")
    if parsed.host:
        raise _fault(f"a SQLite file has no host; for example {_EXAMPLES}, four slashes for /var")
    _check(parsed, said, frozenset())
    return parsed


def make_parent_folder(url: str) -> None:
    """Create the folder of a SQLite file, as SQLite creates only the file."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)


def is_missing_file(url: str) -> bool:
    """Whether this is a missing SQLite file; opening it would create an empty one."""
    parsed = parse_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


def has_pooler(parsed: URL) -> bool:
    """Whether a pooler may give each transaction another connection."""
    return parsed.query.get(POOLER) == "transaction"


def driver_arguments(parsed: URL) -> tuple[URL, dict[str, Any]]:
    """The URL of a PostgreSQL server for the driver, and its other arguments."""
    said = dict(parsed.query)
    arguments = {name: value for name, value in _CONNECTING.items() if name not in said}
    arguments["client_encoding"] = "utf8"  # whatever the database's encoding
    options = str(said.pop("options", ""))
    if has_pooler(parsed):
        arguments["prepare_threshold"] = None
        said.pop("prepare_threshold", None)
    else:
        ours = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={LOCK_TIMEOUT_MS}"
        options = f"{ours} {options}".strip()
    if options:
        arguments["options"] = options
    threshold = said.pop("prepare_threshold", None)
    if threshold is not None:
        arguments["prepare_threshold"] = None if threshold == "none" else int(str(threshold))
    said.pop(POOLER, None)
    return parsed.set(query=said), arguments


def _one_host(url: str) -> str:
    """Convert libpq's `postgresql://h1:5432,[::1]/db` to SQLAlchemy's form."""
    several = _SEVERAL_HOSTS.match(url)
    if not several:
        return url
    places = [_HOST.fullmatch(place) for place in several["hosts"].split(",")]
    if not all(places):
        raise ValueError("a host is missing or cannot be read")
    hosts = ",".join(place["name"].strip("[]") for place in places if place)
    ports = ",".join(place["port"] or "5432" for place in places if place)
    more = f"&{several['query']}" if several["query"] else ""
    return f"{several['scheme']}{several['path'] or '/'}?host={hosts}&port={ports}{more}"


def _with_hosts(parsed: URL) -> URL:
    """Of several hosts, choose the one that accepts writes. Raises ConfigurationError if hosts and ports
    do not match."""
    if "," in str(parsed.query.get("host", "")) or isinstance(parsed.query.get("host"), tuple):
        attributes = {"target_session_attrs": "read-write", **parsed.query}
        parsed = parsed.set(query=attributes)
    try:
        parsed.get_dialect()().create_connect_args(parsed)
    except (ArgumentError, ValueError) as error:
        raise _fault(f"host and port cannot be read: {error}") from None
    return parsed


def _check(parsed: URL, said: Sequence[tuple[str, str]], known: frozenset[str]) -> None:
    names = Counter(name for name, _ in said)
    for name in sorted(set(names) - known):
        shown = repr(name) if name.isidentifier() else "of that name"
        raise _fault(f"there is no parameter {shown}; see docs/deployment.md for those there are")
    for name, value in said:
        if not value:
            raise _fault(f"the parameter {name!r} has no value; leave it out, or write {name}=…")
        if names[name] > 1 and name != "host":
            raise _fault(f"the parameter {name!r} is there more than once")
    if parsed.query.get(POOLER, "transaction") != "transaction":
        raise _fault(f"{POOLER} can only be transaction; for example ?{POOLER}=transaction")
    threshold = str(parsed.query.get("prepare_threshold", "none"))
    if not re.fullmatch(r"none|\d{1,6}", threshold):
        raise _fault("prepare_threshold must be a number or none; for example ?prepare_threshold=5")
    if has_pooler(parsed) and threshold != "none":
        raise _fault(f"prepare_threshold={threshold} does not go with {POOLER}=transaction")


def _fault(text: str) -> ConfigurationError:
    return ConfigurationError([f"CALLME_DATABASE_URL: {text}"])
