"""`python -m tests.install` installs what the tests need besides Python packages: a Chromium if there
is none, and the programs that a `CALLME_TEST_…` variable requires. It touches nothing else."""

from __future__ import annotations

import sys

from tests.browser import chromium
from tests.helpers import packages
from tests.helpers.programs import PROGRAMS


def main() -> int:
    """1 without Chromium or a required program."""
    wanted = [one for one in PROGRAMS.values() if one.required and not one.find()]
    for one in wanted if packages.can_install() else ():
        print(f"Installing {', '.join(one.packages)} for the tests …", flush=True)
        packages.install(*one.packages)
    if chromium.find() is None:
        print("No Chromium here: installing one for the browser tests …", flush=True)
        chromium.install()
    lacking = [name for name, one in PROGRAMS.items() if one.required and not one.find()]
    lacking += [] if chromium.find() else ["Chromium"]
    for name in lacking:
        print(f"{name} could not be installed; install it and run this again.", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
