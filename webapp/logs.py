"""Logging to stderr, with secrets and phone numbers taken out at the last step before the text leaves.

Standard library only: gunicorn's arbiter, which is to stay small, configures itself with this too.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, TextIO

from webapp.domain.masking import hide_secrets, mask_numbers, spellings_of

_SECRET_PARAMETERS = re.compile(
    r"((?:secret_)?access_key|secret_key|phone_to_call|token)((?:'|\")?\s*[=:]\s*(?:'|\")?)[^&\s'\",)]+",
    re.IGNORECASE,
)
_HIDDEN = "[hidden]"


class RedactingFormatter(logging.Formatter):
    """Formats as logging does, then hides `secrets`, secret parameters and phone numbers.

    This is the net under everything else: our own code never logs them in the first place.
    """

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__()
        self._spellings = spellings_of(secrets)

    def format(self, record: logging.LogRecord) -> str:
        text = self._redact(super().format(record))
        when = self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z")
        return f"{when} {record.levelname.lower():7} {record.name}: {text}"

    def _redact(self, text: str) -> str:
        text = hide_secrets(text, self._spellings, _HIDDEN)
        return mask_numbers(_SECRET_PARAMETERS.sub(rf"\1\2{_HIDDEN}", text))


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """A record that cannot be written: logging's own report would show its values as they are."""
        with suppress(OSError, ValueError):
            sys.stderr.write(f"{record.pathname}:{record.lineno}: a log record is broken\n")


def configure_logging(secrets: Sequence[str], level: int = logging.INFO) -> None:
    """Send every logger's records, redacted, to stderr."""
    handler = _Handler()
    handler.setFormatter(RedactingFormatter(secrets))
    # Looked up for each record, and shown in none.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # At DEBUG urllib3 logs whole addresses, and ours carry the vendor's keys.
    logging.getLogger("urllib3").setLevel(logging.WARNING)


def gunicorn_logging() -> dict[str, Any]:
    """gunicorn's `logconfig_dict`: its own records take the same way."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"redacting": {"()": RedactingFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacting"}},
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "WARNING", "handlers": [], "propagate": False},
        },
    }
