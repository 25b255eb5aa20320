"""Keys of the WSGI environ, by which the middleware and Flask hand facts of a request to each other."""

from __future__ import annotations

REQUEST_ID = "callme.request_id"
"""The request's id; always there."""

ROUTE = "callme.route"
"""The pattern of the route that answers, where there is one."""

WAIT = "callme.wait"
"""The seconds that the visitor has to wait, 0 for none, once the request was counted."""

CACHE_VALIDATOR = "callme.cache_validator"
"""What the response is made from, as it was looked up for this request. A cached response is valid as
long as that is unchanged."""

FAULT = "callme.fault"
"""The exception that the middleware ran into, for the application to report."""
