"""`python -m tests.install` installs what the tests need besides Python packages: a Chromium if there
is none, the programs that a `CALLME_TEST_…` variable requires and, where npm is, the libraries of host
pages. It touches nothing else."""

from __future__ import annotations

import sys

from tests.browser import chromium
from tests.helpers import libraries, packages
from tests.helpers.programs import PROGRAMS


def main() -> int:
    """1 without Chromium or a required program."""
    wanted = [program for program in PROGRAMS.values() if program.required and not program.find()]
    for program in wanted if packages.can_install() else ():
        print(f"Installing {', '.join(program.packages)} for the tests …", flush=True)
        packages.install(*program.packages)
    npm = PROGRAMS["npm"]
    if npm.find() and not libraries.find():
        print("Getting the libraries of the tests' host pages …", flush=True)
        libraries.install()
    if chromium.find() is None:
        print("No Chromium here: installing one for the browser tests …", flush=True)
        chromium.install()
    lacking = [name for name, one in PROGRAMS.items() if one.required and not one.find()]
    lacking += [] if chromium.find() else ["Chromium"]
    lacking += ["tests/browser/hosts/npm"] if npm.required and not libraries.find() else []
    for name in lacking:
        print(f"{name} could not be installed; install it and run this again.", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
