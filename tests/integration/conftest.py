"""Databases for tests that run on each of the two."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.helpers.callme import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def either_store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """A database that is not set up yet: a new file, or an empty one with our tables on PostgreSQL."""
    on_postgres = request.param == "postgresql"
    made = Store(request.getfixturevalue("postgres_url") if on_postgres else tmp_path / "callme.db")
    with closing(made):
        yield made
