"""What is released can be built again, byte for byte, by whoever doubts it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.deploy.dockerfile import ROOT


def built(folder: Path, umask: int) -> dict[str, str]:
    """The archives by name, each as its SHA-256."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000"},
        umask=umask,
        check=True,
        capture_output=True,
    )
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.iterdir()}


def test_two_builds_have_the_same_bytes(tmp_path: Path) -> None:
    first = built(tmp_path / "first", umask=0o022)
    assert {Path(name).suffix for name in first} == {".whl", ".gz"}
    assert first == built(tmp_path / "second", umask=0o077)


def test_the_source_archive_holds_what_its_tests_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist"]
    subprocess.run(
        [*command, "--directory", str(tmp_path)], cwd=ROOT, check=True, capture_output=True
    )
    (archive,) = tmp_path.iterdir()
    with tarfile.open(archive) as files:
        held = {name.partition("/")[2] for name in files.getnames()}
    wanted = {".ci/run", ".env.example", "Makefile", "README.md", "deploy/compose.yaml"}
    assert wanted <= held
