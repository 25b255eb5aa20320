"""The folder of prometheus-client's multiprocess mode: each worker counts in its own files.

It is in memory, where nothing cleans up as in /tmp. When a worker ends, its counts are merged and its
files deleted.
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
"""In file names: stands for all workers that have ended."""


def create() -> None:
    """Make this server's folder, and delete those that killed servers left behind."""
    base = _IN_MEMORY if os.access(_IN_MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    for other in base.glob(f"{_PREFIX}*"):
        if not _is_in_use(other):
            shutil.rmtree(other, ignore_errors=True)
    os.environ[VARIABLE] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base)
    _restore()


def restore() -> None:
    """Recreate the folder if somebody deleted it: no worker can start without it. If that fails (memory
    is full), the worker fails, not the server that calls this."""
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
    """Merge the counts of a worker that has ended into the total, and delete its files.

    If that fails (memory is full, a file is half-written), its files stay: a metric must not stop the
    server.
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
    """Delete the folder when the server ends."""
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
