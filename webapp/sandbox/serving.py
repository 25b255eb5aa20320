"""Werkzeug's threaded server for the stand-in and the landing page: one thread per connection."""

from __future__ import annotations

import logging
import socket
import threading

from flask import Flask
from werkzeug.serving import BaseWSGIServer, ThreadedWSGIServer, make_server


def server_on(listener: socket.socket, app: Flask) -> BaseWSGIServer:
    """A server of `app` on a listening socket; `serve_forever()` runs it."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    host, port = listener.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, fd=listener.fileno())
    if isinstance(server, ThreadedWSGIServer):
        server.daemon_threads = True
        server.block_on_close = False
    return server


def serve_in_thread(server: BaseWSGIServer) -> None:
    threading.Thread(target=server.serve_forever, daemon=True).start()
