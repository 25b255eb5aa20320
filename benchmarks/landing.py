"""The sample landing page, with and without the widget. The documents are the same, byte for byte,
except for the launcher's script tag, which browsers skip in the one without."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, request

from benchmarks.servers import HOST
from benchmarks.table import BenchmarkError
from webapp.sandbox.landing import create_landing
from webapp.sandbox.serving import serve_in_thread, server_on

WITH, WITHOUT = "/", "/?without"


@contextmanager
def landing(listener: socket.socket, callme_url: str, sandbox_url: str) -> Iterator[None]:
    """Serves the page from a thread of this process, which otherwise only waits for the browser."""
    app = create_landing(callme_url, sandbox_url)
    script = f'<script async src="{callme_url}/w/'
    passed_over = script.replace("<script", '<script type="text/plain"')

    @app.after_request
    def choose(response: Response) -> Response:
        if request.endpoint == "landing" and "without" in request.args:
            page = response.get_data(as_text=True)
            if page.count(script) != 1:
                raise BenchmarkError("the landing page has no script tag such as expected")
            response.set_data(page.replace(script, passed_over))
        return response

    server = server_on(listener, app)
    serve_in_thread(server)
    try:
        yield
    finally:
        server.shutdown()


def listening() -> socket.socket:
    return socket.create_server((HOST, 0))
