"""gunicorn's configuration. It imports few of our modules, as the workers import the application; the
workers share the memory of what the command loaded before it became the arbiter.

Workers are threaded: requests are short, and the dispatcher's threads run beside them.
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
"""How long a stopping server waits for calls in flight: the vendor's maximum response time."""

LEAVE_SECONDS = float(os.environ.get("CALLME_LEAVE_SECONDS", "0"))
"""How long a stopping server keeps serving, so that a load balancer can redirect traffic."""

REQUEST_SECONDS = 30.0
"""How long a request may take, from its first byte to the last byte of the response."""

HANG_UP_SECONDS = 2.0

SWITCH_SECONDS = 0.0005
"""The thread switch interval. Python's default of 5 ms is longer than a request takes, and under attack
each request would wait that long several times."""

STOPS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)

QUICK = "callme_quick_stop"
UNHEARD = "callme_unheard_signals"


class ErrorLogger(Logger):
    """Turns off the access log, which gunicorn writes whenever logging is configured."""

    access_log_enabled = False


class PromptWorker(ThreadWorker):
    """gunicorn's threaded worker, with timeouts for clients that stall, or that send or read too
    slowly."""

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
    """Give the client a moment to read the whole response. gunicorn would wait for it in its main thread
    and block all other clients."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(HANG_UP_SECONDS)
        while connection.recv(65536):
            pass
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


logger_class = ErrorLogger
worker_class = PromptWorker
workers = 1  # unless the command sets another number
threads = 24
keepalive = 5
timeout = 60
graceful_timeout = int(LEAVE_SECONDS + DRAIN_SECONDS) + 10
proc_name = "callme"
control_socket_disable = True
logconfig_dict = gunicorn_logging(os.environ.get("CALLME_LOG_FORMAT", "auto"))


def on_starting(arbiter: Arbiter) -> None:
    # A folder set from outside is not ours: others may read it, and we must not delete it.
    os.environ.pop(metrics_folder.VARIABLE, None)
    if arbiter.cfg.workers > 1:
        metrics_folder.create()
    # Python drops signals that reach a forked process before its first step, so these are blocked.
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
    # Until gunicorn sets the worker's signal handlers, the arbiter's handlers run here. They put signals
    # into the worker's copy of the arbiter's queue, which nothing else reads.
    setattr(worker, UNHEARD, arbiter.SIG_QUEUE)


def post_worker_init(worker: Worker) -> None:
    # Objects loaded so far are permanent: the garbage collector need not scan them again.
    gc.collect()
    gc.freeze()
    sys.setswitchinterval(SWITCH_SECONDS)
    # gunicorn's own quit handler can deadlock on a lock that the interrupted thread holds.
    for number in (signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, partial(_quit, worker))
    if LEAVE_SECONDS:
        signal.signal(signal.SIGTERM, partial(_leave, worker, signal.getsignal(signal.SIGTERM)))
    _catch_up(worker)
    if not worker.alive:
        return  # already told to stop: start nothing
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
    """Resend, once each, the stop signals that arrived before their handlers were set."""
    queue = getattr(worker, UNHEARD)
    unheard = {queue.get() for _ in range(queue.qsize())}
    for number in STOPS:
        if number in unheard and worker.alive:
            os.kill(os.getpid(), number)


def _quit(worker: Worker, number: int, frame: Any) -> None:
    """Ctrl-C or SIGQUIT: wait neither for visitors nor for the vendor; the leases of calls in flight
    expire."""
    setattr(worker, QUICK, True)
    worker.cfg.set("graceful_timeout", 1)
    worker.handle_exit(number, frame)


def _leave(worker: Worker, stop: Any, number: int, frame: Any) -> None:
    """The first SIGTERM: /readyz reports it at once, and gunicorn's own handler runs LEAVE_SECONDS
    later."""
    application: Any = worker.wsgi
    application.extensions["callme_leaving"].set()
    signal.signal(signal.SIGTERM, stop)
    later = threading.Timer(LEAVE_SECONDS, os.kill, (os.getpid(), signal.SIGTERM))
    later.daemon = True  # a process that ends sooner does not wait for it
    later.start()


def _part(worker: Worker, name: str) -> Any:
    """A part of the worker's application; None if the part is missing or no application was loaded."""
    application: Any = getattr(worker, "wsgi", None)
    return application.extensions.get(f"callme_{name}") if application else None
