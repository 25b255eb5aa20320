"""gunicorn's configuration. Of our modules it imports few, as the workers import the
application; what the command loaded before it became the arbiter lies in pages that they share.

Workers have threads: requests are short, and the dispatcher's threads run beside them.
`callme serve` runs one worker, `callme web --workers` any number.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.workers.base import Worker
from gunicorn.workers.gthread import ThreadWorker

from webapp import metrics_folder
from webapp.log_format import gunicorn_logging

DRAIN_SECONDS = float(os.environ.get("_CALLME_DRAIN_SECONDS", "200"))
"""How long a stopping server waits for calls in flight: the longest that the vendor may take."""

LEAVE_SECONDS = float(os.environ.get("CALLME_LEAVE_SECONDS", "0"))
"""How long a stopping server goes on serving, so that a load balancer can send visitors elsewhere."""

REQUEST_SECONDS = 30.0
"""How long a request may take, from its first byte to the last byte of the response."""

HANG_UP_SECONDS = 2.0

SWITCH_SECONDS = 0.0005
"""How long a busy thread may keep the others waiting. Python's default of 5 ms is longer than a request
takes, and during an attack each request would wait that long several times."""

STOPS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)

QUICK = "callme_quick_stop"
UNHEARD = "callme_unheard_signals"


class ErrorLogger(Logger):
    """Without an access log, which gunicorn writes wherever there is a logging configuration."""

    access_log_enabled = False


class PromptWorker(ThreadWorker):
    """gunicorn's threaded worker. No thread of it waits for ever for a visitor who has gone away in the
    middle of a request or a response, or who sends or reads drop by drop."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._since: dict[socket.socket, float] = {}

    def handle(self, conn: Any) -> Any:
        self._since[conn.sock] = time.monotonic()
        try:
            stays_open = super().handle(conn)
            if not stays_open:
                _let_hang_up(conn.sock)
            return stays_open
        finally:
            self._since.pop(conn.sock, None)

    def murder_keepalived(self, *args: Any, **more: Any) -> None:
        """Called by gunicorn about once a second."""
        super().murder_keepalived(*args, **more)
        too_long_ago = time.monotonic() - REQUEST_SECONDS
        for connection, since in list(self._since.items()):
            if since < too_long_ago:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


def _let_hang_up(connection: socket.socket) -> None:
    """Give the visitor a moment to read the whole answer. gunicorn would wait for that in its main
    thread, and everybody else with it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(HANG_UP_SECONDS)
        while connection.recv(65536):
            pass
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


logger_class = ErrorLogger
worker_class = PromptWorker
workers = 1  # unless the command has another number
threads = 24
keepalive = 5
timeout = 60
graceful_timeout = int(LEAVE_SECONDS + DRAIN_SECONDS) + 10
proc_name = "callme"
control_socket_disable = True
logconfig_dict = gunicorn_logging(os.environ.get("CALLME_LOG_FORMAT", "auto"))


def on_starting(arbiter: Arbiter) -> None:
    # If it is set, the folder is somebody else's: others may read it, and we must not delete it.
    os.environ.pop(metrics_folder.VARIABLE, None)
    if arbiter.cfg.workers > 1:
        metrics_folder.create()
    # Python forgets the signals that reach a new process before its first step: these wait for it.
    os.register_at_fork(
        before=partial(signal.pthread_sigmask, signal.SIG_BLOCK, STOPS),
        after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOPS),
        after_in_child=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOPS),
    )


def pre_fork(_arbiter: Arbiter, _worker: Worker) -> None:
    if metrics_folder.VARIABLE in os.environ:
        metrics_folder.restore()


def child_exit(_arbiter: Arbiter, worker: Worker) -> None:
    if metrics_folder.VARIABLE in os.environ:
        metrics_folder.bury(int(worker.pid))


def post_fork(arbiter: Arbiter, worker: Worker) -> None:
    # Until gunicorn sets the worker's handlers, the arbiter's are in force here. They put signals into
    # the worker's copy of the arbiter's queue, which otherwise nobody reads.
    setattr(worker, UNHEARD, arbiter.SIG_QUEUE)


def post_worker_init(worker: Worker) -> None:
    # What was loaded so far stays for good: the garbage collector never needs to look through it again.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
    # gunicorn's own way to quit can wait for ever for a lock that the interrupted thread holds.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, partial(_quit, worker))
    if LEAVE_SECONDS:
        signal.signal(signal.SIGTERM, partial(_leave, worker, signal.getsignal(signal.SIGTERM)))
    _catch_up(worker)
    if not worker.alive:
        return  # it has already been told to stop, so it starts nothing
    for part in ("background", "scrapes"):
        if running := _part(worker, part):
            running.start()


def worker_exit(server: object, worker: Worker) -> None:
    if background := _part(worker, "background"):
        background.stop(0 if getattr(worker, QUICK, False) else DRAIN_SECONDS)
    if refusals := _part(worker, "refusals"):
        refusals.write()


def on_exit(_server: object) -> None:
    metrics_folder.remove()


def _catch_up(worker: Worker) -> None:
    """Repeat the signals to stop that came before there were handlers for them, each once."""
    queue = getattr(worker, UNHEARD)
    unheard = {queue.get() for _ in range(queue.qsize())}
    for number in STOPS:
        if number in unheard and worker.alive:
            os.kill(os.getpid(), number)


def _quit(worker: Worker, number: int, frame: Any) -> None:
    """Ctrl-C or SIGQUIT: wait neither for visitors nor for the vendor; calls in flight are left to
    their leases."""
    setattr(worker, QUICK, True)
    worker.cfg.set("graceful_timeout", 1)
    worker.handle_exit(number, frame)


def _leave(worker: Worker, stop: Any, number: int, frame: Any) -> None:
    """The first SIGTERM: /readyz reports it at once, and gunicorn's own handler gets it LEAVE_SECONDS
    later."""
    application: Any = worker.wsgi
    application.extensions["callme_leaving"].set()
    signal.signal(signal.SIGTERM, stop)
    later = threading.Timer(LEAVE_SECONDS, os.kill, (os.getpid(), signal.SIGTERM))
    later.daemon = True  # so that a process that ends sooner does not wait for it
    later.start()


def _part(worker: Worker, name: str) -> Any:
    """A part of the worker's application; None if it has no such part, or was never loaded."""
    application: Any = getattr(worker, "wsgi", None)
    return application.extensions.get(f"callme_{name}") if application else None
