"""`python -m tests.install` installs what the tests need besides Python packages, if it is missing."""

from __future__ import annotations

import shutil
import sys

from tests.browser import chromium, engines
from tests.deploy import proxies
from tests.helpers import packages, stores


def main() -> int:
    """1 without Chromium. Without PostgreSQL, Redis, Firefox, WebKit, promtool or nginx their tests are
    skipped and say so; on CI, where these can be installed, they fail."""
    wanted = [name for name, there in stores.AVAILABLE.items() if not there()]
    if wanted and packages.can_install():
        print(f"Installing {' and '.join(wanted)} for the tests …", flush=True)
        packages.install(*wanted)
    if not shutil.which("promtool") and packages.can_install():
        print("Installing prometheus for the tests of the alerts …", flush=True)
        packages.install("prometheus")
    if not proxies.nginx() and packages.can_install():
        print("Installing nginx for the tests of the guide's proxies …", flush=True)
        packages.install("nginx-light")
    for name, engine in engines.ENGINES.items():
        if not engine.find() and packages.can_install():
            print(
                f"Installing {' and '.join(engine.packages)} for the tests in {name} …", flush=True
            )
            packages.install(*engine.packages)
    if chromium.find() is None:
        print("No Chromium here: installing one for the browser tests …", flush=True)
        chromium.install()
    if chromium.find_light() == chromium.find() and packages.can_install():
        print("Installing Chromium's headless shell, which takes less time …", flush=True)
        packages.install("chromium-headless-shell")
    if chromium.find() is None:
        print("No Chromium could be installed; install one and run this again.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
