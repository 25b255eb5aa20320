"""Files that an operator names."""

from __future__ import annotations

import click

from webapp.errors import ConfigurationError


def read_text(file: str) -> str:
    """The text of a file, or of standard input if `file` is `-`. Raises ConfigurationError."""
    try:
        with click.open_file(file, encoding="utf-8-sig") as stream:
            text: str = stream.read()
            return text
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no UTF-8 text"
        raise ConfigurationError([f"{file}: {why}"]) from None
