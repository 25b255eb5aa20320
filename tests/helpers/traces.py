"""Searches everything that is kept for a phone number, in any spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import select

from tests.helpers.callme import Store
from webapp.store.tables import metadata


def traces_in_tables(store: Store, digits: str) -> list[str]:
    """The places where a number with these digits is, in all columns of all tables."""
    return [
        f"{table.name}.{column}: {value}"
        for table in metadata.sorted_tables
        for column, value in _values(store, table.name)
        if traces_in_text(value, digits)
    ]


def traces_in_files(path: Path, digits: str) -> list[str]:
    """The files of a SQLite database that hold such a number, in a row or where one has been."""
    files = sorted(path.parent.glob(f"{path.name}*"))
    assert path in files, "there is no database"
    return [
        file.name for file in files if traces_in_text(file.read_bytes().decode("latin-1"), digits)
    ]


def traces_in_text(text: str, digits: str) -> list[str]:
    """All spellings of a number in `text`. For 2025550143 these are +1 (202) 555-0143, 202.555.0143,
    %2B12025550143 and the like."""
    return re.findall(r"[^\w\x00]{0,3}".join(digits), unquote(text))


def _values(store: Store, name: str) -> Iterator[tuple[str, str]]:
    with store.database.read() as connection:
        for row in connection.execute(select(metadata.tables[name])).mappings():
            yield from ((column, str(value)) for column, value in row.items())
