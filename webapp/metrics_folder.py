"""The folder where several workers count together, each in files of its own.

It is in memory, where nothing sweeps as among temporary files. What a worker counted goes on counting
after its end; its files do not stay.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import struct
import tempfile
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder; prometheus-client reads it when it is loaded."""

_IN_MEMORY = Path("/dev/shm")  # noqa: S108  # the folder in it is ours alone
_PREFIX = "callme-metrics-"
_LOCK = "in-use"
_ENDED = "ended"
"""In the names of files: the worker that stands for all that have ended."""


def create() -> None:
    """Make this server's folder, and delete those of servers that are gone: of a kill, for example."""
    base = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for other in base.glob(f"{_PREFIX}*"):
        if not _is_in_use(other):
            shutil.rmtree(other, ignore_errors=True)
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base)
    _restore()


def restore() -> None:
    """Make the folder again if somebody swept it away: a worker could not begin without it. Where that
    fails, as memory is full, the worker fails and not the server that calls this."""
    with suppress(OSError):
        _restore()


def _restore() -> None:
    folder = Path(os.environ[VARIABLE])
    lock = folder / _LOCK
    if not lock.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        # Held until the server and its workers have ended, however they end.
        fcntl.flock(os.open(lock, os.O_CREAT | os.O_RDWR, 0o600), fcntl.LOCK_EX | fcntl.LOCK_NB)


def bury(pid: int) -> None:
    """Add what a worker that has ended had counted to what those before it had, and delete its files.

    Where that fails, as memory is full or a file was half-written, its files stay: no figure is worth
    the server that calls this.
    """
    with suppress(OSError, ValueError, RuntimeError, struct.error):
        _bury(pid)


def _bury(pid: int) -> None:
    mmap_dict: Any = import_module("prometheus_client.mmap_dict")
    for file in Path(os.environ[VARIABLE]).glob(f"*_{pid}.db"):
        total = file.with_name(file.name.replace(f"_{pid}.db", f"_{_ENDED}.db"))
        next_total = total.with_suffix(".next")
        next_total.unlink(missing_ok=True)
        if total.exists():
            shutil.copyfile(total, next_total)
        values = mmap_dict.MmapedDict(str(next_total))
        for key, value, at, _ in mmap_dict.MmapedDict.read_all_values_from_file(str(file)):
            values.write_value(key, values.read_value(key)[0] + value, at)
        values.close()
        next_total.replace(total)
        file.unlink()


def remove() -> None:
    """At the server's end."""
    if folder := os.environ.get(VARIABLE):
        shutil.rmtree(folder, ignore_errors=True)


def _is_in_use(folder: Path) -> bool:
    with suppress(OSError):
        descriptor = os.open(folder / _LOCK, os.O_RDWR)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
    return False
