"""The table of host pages."""

from __future__ import annotations

from tests.browser.hosts.beside import BESIDE
from tests.browser.hosts.hostile import SCRIPTS, STYLES
from tests.browser.hosts.odd import CALM, CHANGING, ODD, PREPARED
from tests.browser.hosts.strict import POLICIES, TAGS

ROWS = [*CALM, *POLICIES, *TAGS, *STYLES, *SCRIPTS, *ODD, *CHANGING]
PAGES = {row.name: row.sent for row in ROWS} | PREPARED | BESIDE
"""Every page that is served, by its path."""
