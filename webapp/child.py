"""Runs a module of ours in a process of its own, for packages that a server should not keep loaded."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from webapp.errors import CallmeError

_SECONDS = 60
_CODE = Path(__file__).parents[1]


def python_path() -> str:
    """PYTHONPATH for a child, beginning with the folder that holds the package, so that a checkout works
    without being installed."""
    return os.pathsep.join([str(_CODE), *filter(None, [os.environ.get("PYTHONPATH")])])


def answer_of(module: str, question: object) -> object:
    """What `python -m module` answers: JSON on standard input, JSON on standard output.

    Files in the folder in which Callme was started are not imported (`-P`): a `holidays.py` there is the
    operator's own.

    Raises CallmeError if it fails or takes too long.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-P", "-m", module],
            env={**os.environ, "PYTHONPATH": python_path()},
            input=json.dumps(question),
            capture_output=True,
            encoding="utf-8",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise CallmeError(f"{module} cannot be run: {type(error).__name__}") from error
    if child.returncode:
        raise CallmeError(f"{module} failed: {child.stderr[-500:]}")
    answer: object = json.loads(child.stdout)
    return answer
