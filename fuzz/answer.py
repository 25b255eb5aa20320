"""What DialogTech answers, read by the provider: any status, any header, any bytes.

`python -m fuzz.answer fuzz/corpus` looks for answers that break it, until it is interrupted
(`pip install atheris`). A file of the corpus is one answer: its status, a Retry-After, the body,
each after a line's end.
"""

from __future__ import annotations

import importlib
import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch
from urllib.parse import quote, quote_plus

import requests
from urllib3 import HTTPResponse

from webapp.providers.base import (
    Answer,
    CallOrder,
    NotSent,
    OutcomeUnknown,
    ProviderError,
    Refused,
)
from webapp.providers.dialogtech import MAX_KEPT_CHARACTERS, MAX_RETRY_AFTER_SECONDS, DialogTech

CORPUS = Path(__file__).parent / "corpus"
ACCESS, SECRET = "canary access/key+1", "canary-secret=2"
ORDER = CallOrder("a-call", "+12025550100", "55443322")

_KEYS = tuple(spell(key) for key in (ACCESS, SECRET) for spell in (str, quote, quote_plus))
_KNOWN = (NotSent, Refused, OutcomeUnknown)
_MAY_BE_REPEATED = (429, 503)


def read_answer(data: bytes) -> Answer | ProviderError:
    """How the provider takes this answer. Raises AssertionError where that is against the contract."""
    status, retry_after, body = _parts(data)
    provider = DialogTech("https://vendor.example/ibp_api.php", ACCESS, SECRET, 1, 1)
    with _answering(status, retry_after, body):
        try:
            answer = provider.place_call(ORDER)
        except _KNOWN as error:
            _check_failure(error, status)
            return error
    assert status == 200, f"a {status} was taken for {answer}"
    said = body.decode("utf-8", "replace").strip().lower().removesuffix(".")
    assert said in ("call connected", "phone busy"), f"{said!r} was taken for {answer}"
    return answer


def _parts(data: bytes) -> tuple[int, str, bytes]:
    first, _, rest = data.partition(b"\n")
    second, _, body = rest.partition(b"\n")
    digits = re.match(rb"[1-9][0-9]{2}", first)
    return int(digits[0]) if digits else 200, second.decode("latin-1"), body


@contextmanager
def _answering(status: int, retry_after: str, body: bytes) -> Iterator[None]:
    """Have the next request answered so, from below the point where a connection would be made."""

    def send(
        _session: requests.Session, request: requests.PreparedRequest, **_options: object
    ) -> requests.Response:
        response = requests.Response()
        response.status_code = status
        response.headers["Retry-After"] = retry_after
        response.request = request
        response.raw = HTTPResponse(io.BytesIO(body), status=status, preload_content=False)
        return response

    with patch.object(requests.Session, "send", send):
        yield


def _check_failure(error: ProviderError, status: int) -> None:
    if isinstance(error, NotSent):
        assert status in _MAY_BE_REPEATED, f"a {status} would be repeated"
        assert error.retry_after is None or 0 <= error.retry_after <= MAX_RETRY_AFTER_SECONDS
    if isinstance(error, Refused):
        assert status < 500, f"a {status} was taken for a refusal: it may have rung"
    assert len(error.reason) <= MAX_KEPT_CHARACTERS + len("answer: "), "too much of it is kept"
    assert error.reason.isprintable(), f"a log would be broken by {error.reason!r}"
    for secret in (*_KEYS, "2025550100"):
        assert secret not in error.reason, f"the answer's echo of a secret is kept: {error.reason}"


def main() -> None:
    """Look for answers that break the reader, from those of the corpus on."""
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, read_answer)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
