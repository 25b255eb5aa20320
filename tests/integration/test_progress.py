"""Whatever is asked for as a call, PostgreSQL is only asked what it can take."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.callme import Store, running_callme

STRANGE = ("%00", "a%00b", "x", "%F0%9F%93%9E", "a" * 400, "a" * 21 + "%00")


def test_an_id_that_the_database_cannot_store_is_not_found(
    tmp_path: Path, postgres_url: str
) -> None:
    """PostgreSQL refuses a text with a NUL."""
    store = Store(postgres_url)
    store.set_up()
    store.close()
    with running_callme(tmp_path, database_url=postgres_url) as callme:
        for call_id in STRANGE:
            assert callme.visitor().get(f"/api/calls/{call_id}").status_code == 404, call_id
