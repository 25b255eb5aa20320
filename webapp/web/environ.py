"""Keys of the WSGI environ, in which the middleware and Flask pass each other facts about a request."""

from __future__ import annotations

REQUEST_ID = "callme.request_id"
"""The request's id; always there."""

ROUTE = "callme.route"
"""The pattern of the matched route, if there is one."""

WAIT = "callme.wait"
"""The seconds that the visitor has to wait, or 0; set once the request was counted."""

CACHE_VALIDATOR = "callme.cache_validator"
"""What the response is made from, as it was looked up for this request. A cached response is valid as
long as that is unchanged."""

FAULT = "callme.fault"
"""The exception that the middleware ran into, for the application to report."""
