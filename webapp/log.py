"""Logging for our own code: an event with fields, plus the fields bound to this thread.

    _log = get_logger(__name__)
    with working_on(request="…"):
        _log.info("accepted", call=call.id)      # accepted call=… request=…

structlog merges the fields. The records are then handled like those of any library
(`webapp.log_format`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import structlog

from webapp.log_format import configure_logging, with_fields

Logger = structlog.stdlib.BoundLogger


def get_logger(name: str) -> Logger:
    """A logger for our own code. Its records are readable as text in any handler."""
    logger: Logger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[structlog.stdlib.filter_by_level, _as_record],
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return logger


working_on = structlog.contextvars.bound_contextvars
"""A context manager: whatever this thread logs meanwhile, libraries included, gets these fields."""

bind_fields = structlog.contextvars.bind_contextvars
unbind_fields = structlog.contextvars.unbind_contextvars


def start_logging(secrets: Sequence[str], log_format: str) -> None:
    """Start logging in this process. `log_format` is as in CALLME_LOG_FORMAT."""
    configure_logging(secrets, log_format=log_format, context=structlog.contextvars.get_contextvars)


def _as_record(
    _logger: Any, _method: str, event: structlog.typing.EventDict
) -> tuple[tuple[str], dict[str, Any]]:
    """The arguments for logging's own method, which %-formats the text only if there are some."""
    text = str(event.pop("event"))
    how = {name: event.pop(name) for name in ("exc_info", "stack_info") if name in event}
    extra = {"callme_event": text, "callme_fields": dict(event)}
    return (with_fields(text, event),), {**how, "extra": extra}
