"""Minifies scripts in a process of its own: `python -m webapp.minified`, JSON in and out.

tdewolff-minify shortens names, which rjsmin cannot. It brings along a Go runtime with threads and 6 MB,
which a server should not keep for the rest of its life. Where it has no wheel, rjsmin makes the same
scripts a tenth larger.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from pydantic import TypeAdapter

from webapp.child import answer_of


def minified(scripts: Mapping[str, str]) -> dict[str, str]:
    """The scripts by name, minified."""
    answer = answer_of(__name__, dict(scripts))
    return TypeAdapter(dict[str, str]).validate_python(answer)


def _minify(script: str) -> str:
    try:
        import minify
    except ImportError:
        from rjsmin import jsmin

        return str(jsmin(script))
    return str(minify.string("text/javascript", script))


if __name__ == "__main__":
    given = json.load(sys.stdin)
    json.dump({name: _minify(text) for name, text in given.items()}, sys.stdout)
