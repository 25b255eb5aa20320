"""Callme as a test sees it: an application, its database, and visitors, each with its own address."""

from __future__ import annotations

import atexit
import itertools
import re
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, Protocol

from flask import Flask
from itsdangerous import URLSafeSerializer
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import select, text
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from tests.helpers.sites import ORIGIN, SITES
from tests.helpers.waiting import wait_until
from webapp.domain.calls import TRANSITIONS, Call, CallStatus
from webapp.domain.clock import Clock, utc_now
from webapp.domain.consent import Agreement
from webapp.domain.limits import CallLimits
from webapp.domain.site.reading import parse_sites
from webapp.domain.suppression import Fingerprint
from webapp.domain.tokens import MIN_AGE
from webapp.factory import create_app
from webapp.services.background import Background
from webapp.settings import load_settings
from webapp.store.calls import CallRepository
from webapp.store.engine import Database
from webapp.store.intake import Intake
from webapp.store.queue import CallQueue
from webapp.store.schema import SchemaState, schema_state, upgrade
from webapp.store.sites import SiteRepository
from webapp.store.suppressions import SuppressionRepository
from webapp.store.tables import calls as calls_table
from webapp.store.tables import metadata
from webapp.store.tables import sites as sites_table

SECRET_KEY = "only-for-tests-" + "k" * 32
NOWHERE = "http://127.0.0.1:1/ibp_api.php"

_AGE_MS = 2_000

_addresses = itertools.count(1)  # unlike a generator, several threads may use it at once


class CompiledTemplates(BytecodeCache):
    """Jinja's code of our templates, for all applications of a test process."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (known := self._compiled.get(f"{bucket.key}-{bucket.checksum}")) is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[f"{bucket.key}-{bucket.checksum}"] = bucket.bytecode_to_string()


_templates = CompiledTemplates()


@cache
def migrated_file() -> Path:
    """A SQLite file with our tables and nothing in them, made once for each test process."""
    folder = tempfile.mkdtemp(prefix="callme-migrated-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = Path(folder) / "callme.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.maintain("PRAGMA journal_mode = DELETE")  # so that the file alone has everything
    database.close()
    return path


def suppressions_in(database: Database) -> SuppressionRepository:
    return SuppressionRepository(database, Fingerprint(SECRET_KEY), utc_now)


def queue_in(database: Database) -> CallQueue:
    return CallQueue(database, suppressions_in(database))


class Store:
    """The database as tests look into it, through connections of their own.

    `where` is a SQLite file, or the address of a database on a server.
    """

    def __init__(self, where: Path | str) -> None:
        self.path = where if isinstance(where, Path) else Path()
        self.url = f"sqlite:///{where}" if isinstance(where, Path) else where
        self.database = Database(self.url)
        self.calls = CallRepository(self.database)
        self.suppressions = suppressions_in(self.database)
        self.queue = queue_in(self.database)
        self._intake = Intake(self.database, self.suppressions)
        self._endings: list[Callable[[], None]] = []

    def add(self, call: Call) -> Call:
        """Store a call as accepted, without any limit."""
        return self._intake.add(call, CallLimits(), Agreement())

    def at_the_end(self, ending: Callable[[], None]) -> None:
        """Call `ending` when this store ends, for something else that uses the database."""
        self._endings.append(ending)

    def end(self) -> None:
        """End everything else that writes to this database."""
        while self._endings:
            self._endings.pop()()

    def close(self) -> None:
        self.end()
        self.database.close()

    def set_up(self, sites: str = SITES) -> None:
        if self.path.name and not self.path.exists():
            shutil.copyfile(migrated_file(), self.path)
        elif schema_state(self.database) is not SchemaState.CURRENT:
            upgrade(self.database)
        wanted = parse_sites(sites, "the tests' sites")
        SiteRepository(self.database, utc_now).apply(wanted, prune=False)

    def empty(self) -> None:
        """Delete everything except the sites."""
        with self.database.write() as connection:
            for table in reversed(metadata.sorted_tables):
                if table is not sites_table:
                    connection.execute(table.delete())

    def execute(self, sql: str, **values: object) -> None:
        """Change the database directly, as an operator with a shell could."""
        with self.database.write() as connection:
            connection.execute(text(sql), values)

    def all_calls(self) -> list[Call]:
        with self.database.read() as connection:
            ids = connection.scalars(
                select(calls_table.c.id).order_by(calls_table.c.created_at)
            ).all()
        return [self.call(call_id) for call_id in ids]

    def statuses(self) -> list[CallStatus]:
        with self.database.read() as connection:
            return [
                CallStatus(status) for status in connection.scalars(select(calls_table.c.status))
            ]

    def all_over(self) -> bool:
        """Whether every call has a final state."""
        return all(status.final for status in self.statuses())

    def call(self, call_id: str) -> Call:
        call = self.calls.get(call_id)
        assert call is not None, f"call {call_id} is not in the database"
        return call

    def status(self, call_id: str) -> CallStatus:
        return self.call(call_id).status

    def attempts(self, call_id: str) -> int:
        """How often the call was claimed."""
        return self.call(call_id).attempt

    def check_events(self) -> None:
        """Check that every call's events are an unbroken chain of transitions from the state table."""
        for call in self.all_calls():
            events = self.calls.events(call.id)
            assert events, f"call {call.id} has no events at all"
            assert events[0].old is None, f"call {call.id} begins in the middle"
            assert events[-1].new == call.status, f"{call.id}: row and events differ"
            for before, event in itertools.pairwise(events):
                assert event.old == before.new, f"call {call.id} has a gap: {events}"
                assert event.new in TRANSITIONS[before.new], (
                    f"call {call.id} went from {before.new} to {event.new}"
                )


def aged(token: str, secret_key: str = SECRET_KEY) -> str:
    """The same token, as if it had been issued a little earlier, so that no test has to wait.

    A token that was signed with another key cannot be changed: this waits until it is old enough.
    """
    serializer = URLSafeSerializer(secret_key, salt="callme.form")
    known, payload = serializer.loads_unsafe(token)
    site, token_id, issued_ms, *shown = payload
    if not known:
        old_enough = issued_ms / 1000 + MIN_AGE.total_seconds()
        wait_until(lambda: time.time() > old_enough, 20, "a token of age")
        return token
    return str(serializer.dumps([site, token_id, issued_ms - _AGE_MS, *shown]))


def _new_address() -> str:
    return str(IPv4Address("10.0.0.0") + next(_addresses))


class Client(Protocol):
    """Flask's test client, or one like it."""

    def open(self, path: str, /, **request: Any) -> TestResponse: ...


class Visitor:
    """Somebody on a landing page of `site`, with an address that nobody else has."""

    def __init__(self, client: Client, site: str = "acme", origin: str | None = ORIGIN) -> None:
        self._client = client
        self.site = site
        self.origin = origin
        self.address = _new_address()

    @property
    def headers(self) -> dict[str, str]:
        here = {"X-Forwarded-For": self.address}
        return here | ({} if self.origin is None else {"Origin": self.origin})

    def stranger(self, path: str, **request: Any) -> TestResponse:
        """A POST from another visitor, as one who asks again and again is limited."""
        self.address = _new_address()
        return self.post(path, **request)

    def get(self, path: str, **request: Any) -> TestResponse:
        return self.open("GET", path, **request)

    def post(self, path: str, **request: Any) -> TestResponse:
        return self.open("POST", path, **request)

    def form_address(self) -> str:
        """The address of the file that configures the site's form, from the launcher."""
        (address,) = re.findall(r'form:"([^"]+)"', self.get(f"/w/{self.site}.js").text)
        return str(address)

    def open(
        self,
        method: str,
        path: str,
        headers: dict[str, str] | None = None,
        **request: Any,
    ) -> TestResponse:
        both = self.headers | (headers or {})
        return self._client.open(path, method=method, headers=both, **request)

    def token(self) -> str:
        """A token that is old enough to be accepted."""
        answer = self.get(f"/api/sites/{self.site}/token")
        assert answer.status_code == 200, answer.text
        token = answer.get_json()["token"]
        return aged(token)

    def fields(self, **changes: str | list[str]) -> MultiDict[str, str]:
        """A valid form except for `changes`: [] leaves a field out, a longer list repeats it."""
        form: dict[str, str | list[str]] = {
            "phone": "(202) 555-0100",
            "receptionist": "sales",
            "consent": "yes",
            "request_id": str(uuid.uuid4()),
            **changes,
        }
        if "token" not in changes:
            form["token"] = self.token()
        return MultiDict(form)

    def submit(self, **changes: str | list[str]) -> TestResponse:
        return self.post(f"/api/sites/{self.site}/calls", data=self.fields(**changes))

    def ask_for_call(self, **changes: str | list[str]) -> str:
        """Submit a form, which must be accepted; returns the call's id."""
        answer = self.submit(**changes)
        assert answer.status_code == 202, answer.text
        call_id = answer.get_json()["id"]
        assert isinstance(call_id, str)
        return call_id


class Callme:
    """One application with its own database. `dispatcher` is None unless it was asked for."""

    def __init__(self, app: Flask, store: Store) -> None:
        self.app = app
        self.store = store
        self.background: Background | None = app.extensions["callme_background"]
        self.dispatcher = self.background.dispatcher if self.background else None

    def visitor(self, site: str = "acme", origin: str | None = ORIGIN) -> Visitor:
        return Visitor(self.app.test_client(), site, origin)


def plain_settings(store: Store, vendor_url: str = "") -> dict[str, object]:
    """Settings behind one proxy, without limits on calls. The vendor is unreachable if none is given."""
    return {
        "secret_key": SECRET_KEY,
        "database_url": store.url,
        "trusted_proxy_hops": 1,
        "dialogtech_url": vendor_url or NOWHERE,
        "dialogtech_access_key": "foo",
        "dialogtech_secret_access_key": "bar",
        "dialogtech_connect_timeout": 2,
        "calls_per_day": 0,
        "breaker_failures": 0,
    }


@contextmanager
def running_callme(
    folder: Path,
    *,
    vendor_url: str = NOWHERE,
    dispatcher: bool = False,
    clock: Clock = utc_now,
    sites: str = SITES,
    **settings: object,
) -> Iterator[Callme]:
    """Callme on a new SQLite file in `folder`, behind one proxy; with `dispatcher` it rings phones."""
    store = Store(folder / "callme.db")
    store.set_up(sites)
    chosen = {
        **plain_settings(store, vendor_url),
        "public_url": "https://callme.example",
        "dialogtech_read_timeout": 2,
        **settings,
    }
    app = create_app(load_settings(**chosen), dispatcher=dispatcher, clock=clock)
    app.jinja_env.bytecode_cache = _templates
    callme = Callme(app, store)
    if callme.background:
        callme.background.start()
    try:
        yield callme
    finally:
        if callme.background:
            callme.background.stop(0)
        # As a server does at its end. Otherwise it would be written later, to a closed database.
        app.extensions["callme_refusals"].write()
        app.extensions["callme_database"].close()
        store.database.close()
