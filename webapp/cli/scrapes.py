"""The separate port for Prometheus."""

from __future__ import annotations

import socket

from webapp.listening import listen
from webapp.settings import Settings


def listen_for_scrapes(settings: Settings) -> socket.socket | None:
    """The socket for Prometheus, if the settings name a port for it."""
    if not settings.metrics_port:
        return None
    return listen(settings.metrics_host, settings.metrics_port, chosen_by="CALLME_METRICS_PORT")
