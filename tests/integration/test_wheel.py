"""The wheel alone, installed elsewhere, serves everything: pages, their styles, and the widget."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.helpers.callme import Store
from tests.helpers.processes import environment, running, visitor_of

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]


def command(*words: str | Path, folder: Path = ROOT) -> str:
    """Run a command to its end; returns its output."""
    result = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, f"{words}\n{result.stdout}{result.stderr}"
    return result.stdout.strip()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    words = ("-m", "hatchling", "build", "--target", "wheel", "--directory", folder)
    command(sys.executable, *words)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def installed(tmp_path: Path, wheel: Path) -> Path:
    """The `bin` of a new environment with our wheel, and our dependencies from this environment.

    A path file adds this environment's packages, but not the checkout, which is in another such file.
    """
    home = tmp_path / "elsewhere"
    command(sys.executable, "-m", "venv", "--without-pip", home)
    python = home / "bin" / "python"
    command(
        sys.executable, "-m", "pip", "--python", python, "install", "--no-deps", "--no-index", wheel
    )
    packages = Path(command(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    (packages / "of-the-tests.pth").write_text(sysconfig.get_path("purelib"))
    return home / "bin"


def test_the_installed_wheel_serves_from_any_folder(installed: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a foreign folder"
    folder.mkdir()
    where = command(
        installed / "python", "-c", "import webapp; print(webapp.__file__)", folder=folder
    )
    assert Path(where).is_relative_to(installed.parent), "the checkout was tested, not the wheel"
    store = Store(tmp_path / "callme.db")
    store.set_up()
    store.database.close()
    callme = (str(installed / "callme"),)
    with running(folder, environment(store), "serve", "--port", "0", command=callme) as server:
        visitor = visitor_of(server)
        page = visitor.get("/call/acme")
        assert page.status_code == 200
        (stylesheet,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)
        styles = visitor.get(stylesheet)
        assert (styles.status_code, styles.mimetype) == (200, "text/css")
        launcher = visitor.get("/w/acme.js")
        assert launcher.status_code == 200
        assert 'key:"acme"' in launcher.text
        assert visitor.get("/readyz").status_code == 200
        server.send(signal.SIGTERM)
        assert server.wait() == 0
        assert "Traceback" not in server.output
    with running(folder, environment(), "demo", "--port", "0", command=callme) as demo:
        assert demo.wait_for(r"Callme's demo is at (http://\S+)/")


def test_the_wheel_holds_what_is_served_and_no_tests(wheel: Path) -> None:
    names = command(sys.executable, "-m", "zipfile", "--list", wheel)
    held = {line.split("  ")[0].strip() for line in names.splitlines()[1:]}
    for folder in ("templates", "static"):
        ours = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        assert ours
        missing = {f"webapp/{path.relative_to(ROOT).as_posix()}" for path in ours} - held
        assert not missing
    assert not [name for name in held if name.startswith(("tests", "benchmarks", "docs"))]
