"""What is known of a request outside of Flask, and handed over in its environ: under these names."""

from __future__ import annotations

REQUEST_ID = "callme.request_id"
"""The request's id; always there."""

ROUTE = "callme.route"
"""The pattern of the route that answers, where there is one."""

WAIT = "callme.wait"
"""The seconds that the visitor has to wait, 0 for none, once the request was counted."""

MADE_OF = "callme.made_of"
"""What the answer is made of: by the time it is here that may be something else already."""

FAULT = "callme.fault"
"""What went wrong already."""
