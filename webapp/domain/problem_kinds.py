"""The kinds of problems (RFC 9457) that a refused request can meet."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """The `type` of a problem (RFC 9457) with its HTTP status and its `title`. The catalogues have a
    sentence for each, `problem.TYPE`."""

    VALIDATION = "validation", 422, "A field is not valid"
    TOKEN = "token", 403, "The form's token was not accepted"
    REFUSED = "refused", 403, "Refused"
    ORIGIN = "origin", 403, "Origin not allowed"
    UNKNOWN_SITE = "unknown-site", 404, "Unknown site"
    UNKNOWN_CALL = "unknown-call", 404, "Unknown call"
    NOT_FOUND = "not-found", 404, "Not found"
    METHOD = "method", 405, "Method not allowed"
    CONFLICT = "conflict", 409, "Too late"
    MEDIA_TYPE = "media-type", 415, "Not a form"
    TOO_LARGE = "too-large", 413, "Too large"
    BAD_REQUEST = "bad-request", 400, "Bad request"
    LIMIT = "limit", 429, "Too many requests"
    UNAVAILABLE = "unavailable", 503, "Unavailable"
    INTERNAL = "internal", 500, "Internal error"

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title

    @property
    def urn(self) -> str:
        """The `type` itself."""
        return f"urn:callme:problem:{self.slug}"
