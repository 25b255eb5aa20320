"""Callme and the host pages, one for all tests of this process."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.browser.hosts.grounds import Grounds
from tests.browser.hosts.grounds import grounds as made_grounds
from tests.browser.hosts.pages import ROWS


@pytest.fixture(scope="session")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grounds]:
    folder = tmp_path_factory.mktemp("hosts")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in os.environ:
            if name.startswith("CALLME_"):
                patch.delenv(name)
        patch.setenv("CALLME_SECRETS_DIR", str(folder / "no-secrets-here"))
        with made_grounds(folder, {row.name: row.sent for row in ROWS}) as running:
            yield running
