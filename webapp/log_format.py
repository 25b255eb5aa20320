"""Logging to stderr: one line per record, as JSON or for people. Secrets and phone numbers are redacted
in the last step, whichever code logged them.

Uses the standard library only, as gunicorn's arbiter loads this too and should stay small. Our own
code logs through `webapp.log`, with fields separate from the text.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TextIO

from webapp.domain.masking import hide_secrets, mask_numbers, spellings_of

Fields = Mapping[str, object]

_SECRET_NAMES = r"secret(?:_key)?|access_key|phone_to_call|token|password"
_SECRET_FIELD = re.compile(rf"(?:\w+_)?(?:{_SECRET_NAMES})", re.IGNORECASE)
# One pattern, as it runs over each value of each record. The groups before a secret are kept.
_SECRET = re.compile(
    rf"""
    ( (?:{_SECRET_NAMES}) (?:\\*['"])? \s*[=:]\s* (?:b?\\*['"])? (?:bearer\s+)?
    | bearer\s+ ) [^&\s'",)]+            # a parameter, also as Python or JSON spells it
  | whsec_[\w.+/=%-]+                    # a webhook's secret, or what is left of one cut short
  | (://[^\s/:@'"]*:) [^\s/'"]+ (?=@)    # a password in an address
    """,
    re.IGNORECASE | re.VERBOSE,
)
_HIDDEN = "[hidden]"
_OUR_ID = re.compile(r"[\w-]{22}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The ids of calls and requests, which may have as many digits in a row as a phone number."""


def no_fields() -> Fields:
    return {}


class RedactingFormatter(logging.Formatter):
    """Formats a record with its fields and those of `context`, which say what this thread works on.

    Hides `secrets`, secret parameters and phone numbers. This is a safety net: our own code never logs
    them in the first place.
    """

    def __init__(
        self,
        secrets: Sequence[str] = (),
        *,
        as_json: bool = False,
        context: Callable[[], Fields] = no_fields,
    ) -> None:
        super().__init__()
        self._spellings = spellings_of(secrets)
        self._as_json = as_json
        self._context = context

    def format(self, record: logging.LogRecord) -> str:
        own = getattr(record, "callme_fields", {})
        event = self._redact(getattr(record, "callme_event", None) or record.getMessage())
        both = {**own, **self._context(), **own}  # the record's own come first, and win
        fields = {name: self._shown(name, value) for name, value in both.items()}
        trouble = self._redact(self._trouble(record))
        return (_as_json if self._as_json else self._as_text)(record, event, fields, trouble)

    def _as_text(
        self, record: logging.LogRecord, event: str, fields: Mapping[str, object], trouble: str
    ) -> str:
        when = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        line = f"{when} {record.levelname.lower():7} {record.name}: {with_fields(event, fields)}"
        return f"{line}\n{trouble}" if trouble else line

    def _trouble(self, record: logging.LogRecord) -> str:
        parts = [
            self.formatException(record.exc_info) if record.exc_info else "",
            record.stack_info or "",
        ]
        return "\n".join(filter(None, parts))

    def _shown(self, name: str, value: object) -> object:
        """A field's value; as text if something in it was redacted."""
        if value is None or isinstance(value, bool):
            return value
        if _SECRET_FIELD.fullmatch(name):
            return _HIDDEN
        text = str(value)
        if name in ("call", "request") and _OUR_ID.fullmatch(text):
            return text
        shown = self._redact(text)
        return value if isinstance(value, int | float) and shown == text else shown

    def _redact(self, text: str) -> str:
        text = hide_secrets(text, self._spellings, _HIDDEN)
        return mask_numbers(_SECRET.sub(rf"\1\2{_HIDDEN}", text))


def with_fields(event: str, fields: Fields) -> str:
    """An event for people to read: `settled call=… status=busy`. An empty value shows as a dash."""
    shown = (f"{name}={'-' if value in ('', None) else value}" for name, value in fields.items())
    return " ".join((event, *shown))


def _as_json(record: logging.LogRecord, event: str, fields: Fields, trouble: str) -> str:
    """One object per line, in ASCII. A field cannot replace a name of the record itself."""
    own = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": event,
    }
    return json.dumps({**own, **fields, **own, **({"exception": trouble} if trouble else {})})


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Report a record that cannot be written. logging's own report would show its values."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{record.pathname}:{record.lineno}: a log record is broken\n")


def configure_logging(
    secrets: Sequence[str],
    *,
    log_format: str = "text",
    context: Callable[[], Fields] = no_fields,
) -> None:
    """Send every logger's records, redacted, to stderr; `log_format` is as in CALLME_LOG_FORMAT."""
    handler = _Handler()
    handler.setFormatter(
        RedactingFormatter(secrets, as_json=wants_json(log_format), context=context)
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # At DEBUG urllib3 logs whole addresses, and ours have the vendor's keys in them.
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    # For a response with broken headers it would log the address, and a webhook's may hold a token.
    logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
    # It names the address of each visitor whom it limits; our own log says that one was.
    logging.getLogger("flask-limiter").setLevel(logging.WARNING)


def wants_json(log_format: str) -> bool:
    """`auto` means text on a terminal and JSON elsewhere."""
    return log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())


def gunicorn_logging(log_format: str) -> dict[str, Any]:
    """gunicorn's `logconfig_dict`, so that its own records are formatted in the same way."""
    redacting = {"()": RedactingFormatter, "as_json": wants_json(log_format)}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"redacting": redacting},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacting"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
    }
