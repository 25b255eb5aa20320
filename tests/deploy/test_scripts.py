"""Our own scripts: the shell lines of CI, the Makefile and the image, and what they bring in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy.dockerfile import stages
from tests.deploy.packaged import packaged

ROOT = Path(__file__).parents[2]
CI = ROOT / ".ci" / "run"
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
OURS = ("--no-deps", "--no-build-isolation", "--editable", ".")
"""What is installed without a hash: the project itself, with a build tool that came with one."""


def recipes() -> str:
    """Every line that some target of the Makefile would run."""
    listed = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {"demo", "test", "release", "lock"} <= set(listed)
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", *listed],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    return done.stdout


def image_lines() -> str:
    """What the image's RUN lines run."""
    return "\n".join(step.rest for stage in stages() for step in stage.steps if step.name == "RUN")


@pytest.mark.parametrize("where", ["CI", "Makefile", "image", "callme.sh"])
def test_shellcheck_finds_nothing(where: str) -> None:
    shell, lines = {
        "CI": ("bash", CI.read_text("utf-8")),
        "Makefile": ("sh", recipes()),
        "image": ("sh", image_lines()),
        "callme.sh": ("sh", (ROOT / "deploy" / "callme.sh").read_text("utf-8")),
    }[where]
    assert lines.strip(), "nothing to look at"
    done = subprocess.run(
        [packaged("shellcheck"), "--shell", shell, "-"],
        input=lines,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_pip_install_requires_hashes_or_is_our_own_package() -> None:
    lines = (CI.read_text("utf-8") + recipes() + image_lines()).splitlines()
    installs = [line for line in lines if re.search(r"\bpip\b.*\binstall\b", line)]
    assert len(installs) >= 4
    for line in installs:
        words = line.split()
        assert "--require-hashes" in words or all(word in words for word in OURS), line


def test_no_script_downloads_with_curl_wget_or_another_index() -> None:
    """No script pipes into a shell what it was just sent, nor asks another index than the machine's."""
    for text in (CI.read_text("utf-8"), recipes(), image_lines()):
        assert not re.search(r"\b(curl|wget|eval|git clone)\b|(?<!no-emit-)index-url", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_pins_versions_and_hashes_and_holds_no_url(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    wanted = re.findall(
        r"^([a-z0-9][\w.\-]*(?:\[[\w,]+\])?)(.*)$", text, re.MULTILINE | re.IGNORECASE
    )
    assert len(wanted) > 20
    for name, rest in wanted:
        assert rest.startswith("=="), f"{name} is not pinned"
        assert rest.endswith("\\"), f"{name} has no hash"
    assert text.count("--hash=sha256:") >= len(wanted)
