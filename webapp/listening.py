"""Binds a port before anything else is started, so that one in use is reported in one line."""

from __future__ import annotations

import errno
import socket
import sys
from contextlib import ExitStack

from webapp.errors import ConfigurationError

BACKLOG = 1024

DEFER_SECONDS = 5
"""How long the kernel holds back a connection on which nothing was sent."""


def listen(host: str, port: int, chosen_by: str = "--port") -> socket.socket:
    """A listening socket; port 0 takes any free port. Raises ConfigurationError, whose text names the
    option or setting `chosen_by` that chooses another port."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as unless_it_listens:
            listener = unless_it_listens.enter_context(socket.socket(family, kind))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if sys.platform == "linux":
                # Browsers preconnect, and each idle connection would occupy a thread.
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, DEFER_SECONDS)
            listener.bind(address)
            listener.listen(BACKLOG)
            unless_it_listens.pop_all()
    except (OSError, OverflowError) as error:
        raise ConfigurationError([_fault(host, port, error, chosen_by)]) from None
    return listener


def origin_of(listener: socket.socket) -> str:
    """The http address of a listening socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _fault(host: str, port: int, error: Exception, chosen_by: str) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use; choose another with {chosen_by}"
    return f"cannot listen on port {port} of {host}: {error}"
