"""Runs a module of ours in a process of its own, for packages that a server should not keep loaded."""

from __future__ import annotations

import json
import subprocess
import sys

from webapp.errors import CallmeError

_SECONDS = 60


def answer_of(module: str, question: object) -> object:
    """What `python -m module` answers: JSON on standard input, JSON on standard output.

    Raises CallmeError if it fails or takes too long.
    """
    try:
        child = subprocess.run(
            [sys.executable, "-m", module],
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
