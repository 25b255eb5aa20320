"""The last net before a log line leaves: secrets and numbers that slipped into it are hidden."""

from __future__ import annotations

import logging
import re

import pytest

from webapp.domain.masking import hide_secrets, spellings_of
from webapp.logs import RedactingFormatter, configure_logging

ACCESS, SECRET = "canary/access key+1", "canary/access key+1 & <more>"


def logged(message: str, *values: object, error: BaseException | None = None) -> str:
    """The line that would be written for this record."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("webapp", logging.INFO, "x.py", 1, message, values, info)
    return RedactingFormatter([ACCESS, SECRET, ""]).format(record)


@pytest.mark.parametrize(
    "spelling",
    [
        pytest.param(SECRET, id="plain"),
        pytest.param("canary%2Faccess%20key%2B1%20%26%20%3Cmore%3E", id="percent-encoded"),
        pytest.param("canary/access%20key%2B1%20%26%20%3Cmore%3E", id="encoded but slashes"),
        pytest.param("canary%2Faccess+key%2B1+%26+%3Cmore%3E", id="form-encoded"),
        pytest.param("canary/access key+1 &amp; &lt;more&gt;", id="in HTML"),
    ],
)
def test_a_secret_is_hidden_in_every_spelling(spelling: str) -> None:
    line = logged("the vendor said %s!", spelling)
    assert line.endswith("the vendor said [hidden]!")


def test_a_secret_that_begins_with_another_is_hidden_as_a_whole() -> None:
    assert "more" not in logged("%s and %s", ACCESS, SECRET)


def test_an_empty_secret_hides_nothing() -> None:
    assert hide_secrets("as it was", spellings_of([""]), "[hidden]") == "as it was"


@pytest.mark.parametrize(
    "text",
    [
        "GET /ibp_api.php?access_key=unknown-1&menu_id=5&secret_access_key=unknown-1&phone_to_call=12",
        "{'access_key': 'unknown-1', 'secret_key': \"unknown-1\"}",
        "SECRET_ACCESS_KEY = unknown-1, token: unknown-1",
    ],
    ids=["in an address", "in a dict", "in capitals"],
)
def test_a_secret_parameter_is_hidden_even_when_its_value_is_not_known(
    text: str,
) -> None:
    line = logged(text)
    assert "unknown-1" not in line
    assert "phone_to_call=12" not in line


def test_the_rest_of_an_address_with_secrets_stays_readable() -> None:
    line = logged("?action=clickto.vr&access_key=abc&menu_id=55")
    assert line.endswith("?action=clickto.vr&access_key=[hidden]&menu_id=55")


def test_phone_numbers_are_masked_in_values_and_in_tracebacks() -> None:
    try:
        raise ValueError(f"cannot ring +12025550100 with {SECRET}")
    except ValueError as error:
        line = logged("call to %s failed", "(202) 555-0100", error=error)
    assert "Traceback" in line
    assert "ValueError: cannot ring" in line
    for canary in ("2025550100", "555-0100", "canary"):
        assert canary not in line


def test_a_line_begins_with_time_level_and_logger() -> None:
    assert logged("started").split("+")[0][:10].count("-") == 2
    assert logged("started").endswith("info    webapp: started")


def test_a_broken_record_tells_its_place_and_not_its_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Too few values for the message: logging's own report would print the ones there are."""
    too_much_asked = "%s and %s"
    configure_logging([SECRET])
    try:
        logging.getLogger("webapp").info(too_much_asked, "+12025550100")
    finally:
        logging.getLogger().handlers.clear()  # this one writes to a stream that ends with the test
    told = capsys.readouterr().err
    assert re.fullmatch(r".*test_logs\.py:\d+: a log record is broken\n", told)
