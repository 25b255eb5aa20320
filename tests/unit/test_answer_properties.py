"""Whatever the vendor answers becomes one of the known outcomes, and no secret comes back with it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fuzz.answer import ACCESS, CORPUS, SECRET, read_answer
from webapp.providers.base import Answer, NotSent, OutcomeUnknown, ProviderError, Refused

pytestmark = pytest.mark.unmeasured

OUTCOMES: dict[str, Answer | type[ProviderError]] = {
    "connected": Answer.CONNECTED,
    "connected-stop": Answer.CONNECTED,
    "busy": Answer.BUSY,
    "too-many": NotSent,
    "busy-server": NotSent,
    "retry-date": NotSent,
    "retry-minus": NotSent,
    "error": OutcomeUnknown,
    "gateway": OutcomeUnknown,
}
"""The outcome of each answer in the corpus; every other answer is refused."""

STATUSES = st.sampled_from([200, 200, 200, 204, 302, 404, 429, 500, 503, 504]) | st.integers(
    100, 999
)
RETRY_AFTER = (
    st.just("") | st.integers(-5, 10**12).map(str) | st.text("0123456789.- e", max_size=12)
)
KEYS = [ACCESS, SECRET, quote(ACCESS), quote_plus(ACCESS), quote(SECRET, safe="")]
NUMBERS = ["2025550100", "(202) 555-0100", "+1 202.555.0100"]
TAGS = ["<result>failed</result>", "<result_description>", "</result_description>"]
ECHOES = st.sampled_from([*KEYS, *NUMBERS, *TAGS, "Call Connected", "\x1b[2J", "\x00", " ", "\n"])
BODIES = st.binary() | st.lists(ECHOES | st.text(max_size=8), max_size=8).map(
    lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass")
)


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_each_answer_of_the_corpus_is_read_as_it_should_be(path: Path) -> None:
    outcome = read_answer(path.read_bytes())
    wanted = OUTCOMES.get(path.name, Refused)
    assert outcome is wanted if isinstance(wanted, Answer) else type(outcome) is wanted


def test_the_corpus_has_an_answer_for_every_outcome() -> None:
    assert OUTCOMES.keys() < {path.name for path in CORPUS.iterdir()}


@given(STATUSES, RETRY_AFTER, BODIES)
def test_any_answer_is_one_of_the_known_outcomes(status: int, wait: str, body: bytes) -> None:
    read_answer(f"{status}\n{wait}\n".encode() + body)


@given(st.binary())
def test_any_bytes_are_one_of_the_known_outcomes(data: bytes) -> None:
    read_answer(data)


@given(st.binary(max_size=40), st.sampled_from(["Call Connected", "Phone Busy."]))
def test_only_the_vendors_exact_words_count_as_success(more: bytes, words: str) -> None:
    """With a word more before or after it is a refusal, so no visitor is told of a call that was not
    made."""
    outcome = read_answer(b"200\n\n" + words.encode() + b"x" + more)
    assert isinstance(outcome, Refused)
