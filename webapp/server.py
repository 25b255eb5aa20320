"""gunicorn's configuration. Imports nothing of ours but logging, so that its arbiter stays small.

One worker with threads: the requests are short, and the dispatcher's threads live beside them.
"""

from __future__ import annotations

import gc
import os
from typing import Any

from gunicorn.workers.base import Worker

from webapp.logs import gunicorn_logging

DRAIN_SECONDS = float(os.environ.get("CALLME_DRAIN_SECONDS", "200"))
"""How long a stopping server waits for calls in flight: the longest that the vendor may take."""

QUICK = "callme_quick_stop"

worker_class = "gthread"
workers = int(os.environ.get("CALLME_WEB_WORKERS", "1"))
threads = 24
keepalive = 5
timeout = 60
graceful_timeout = int(DRAIN_SECONDS) + 10
proc_name = "callme"
control_socket_disable = True
logconfig_dict = gunicorn_logging()


def post_worker_init(worker: Worker) -> None:
    # What was loaded stays for good: the garbage collector need not look through it ever again.
    gc.collect()
    gc.freeze()
    dispatcher = _dispatcher(worker)
    if dispatcher:
        dispatcher.start()


def worker_int(worker: Worker) -> None:
    """Ctrl-C or SIGQUIT: do not wait for the vendor; calls in flight are left to their leases."""
    setattr(worker, QUICK, True)


def worker_exit(server: object, worker: Worker) -> None:
    dispatcher = _dispatcher(worker)
    if dispatcher:
        dispatcher.stop(0 if getattr(worker, QUICK, False) else DRAIN_SECONDS)


def _dispatcher(worker: Worker) -> Any:
    """The dispatcher of the worker's application; None when it has none, or was never loaded."""
    application: Any = worker.wsgi
    return application.extensions["callme_dispatcher"] if application else None
