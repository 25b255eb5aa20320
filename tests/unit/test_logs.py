"""The safety net for log lines: secrets and numbers that slipped into one are hidden."""

from __future__ import annotations

import json
import logging
import re
from unittest.mock import ANY

import pytest
from pydantic import ValidationError

from webapp.domain.hooks import Hooks
from webapp.domain.masking import hide_secrets, spellings_of
from webapp.log_format import RedactingFormatter, configure_logging

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


@pytest.mark.parametrize(
    "text",
    [
        "GET /hooks/dialogtech/post-call?site=acme&secret=unknown-1&sid=5",
        "{'url': 'https://acme.example/in', 'secret': 'unknown-1'}",
        "{'secret': b'unknown-1'}",
        '"{\\"post_call_secret\\": \\"unknown-1\\"}"',
        "hooks.secret = unknown-1",
        "post_call_secret=unknown-1",
        "CALLME_CAPTCHA_SECRET=unknown-1",
        "signed with whsec_unknown-1+/w==",
        "the end of whsec_abc/d...unknown-1 was cut",
        "whsec_ab%2Bunknown-1",
        "cannot connect to postgresql://callme:unknown-1@db.example/callme",
        "redis://:unknown-1@127.0.0.1:6379/0",
        "redis://:un@known-1@127.0.0.1:6379/0",
        "postgresql://db.example/callme?user=callme&password=unknown-1",
        "token: Bearer unknown-1",
    ],
)
def test_an_unknown_secret_is_hidden_by_its_position(text: str) -> None:
    line = logged("%s", text)
    assert "known-1" not in line
    assert "[hidden]" in line


@pytest.mark.parametrize(
    "text",
    [
        "refused reason=post_call_secret site=acme",
        "refused reason=token_missing site=acme",
        "{'reason': 'post_call_secret', 'site': 'acme'}",
        "secret must be whsec_ and the base64 of 24 to 64 random bytes",
        "the secretary: she rang; tokens are stale",
        "postgresql://callme@db.example:5432/callme is up to date",
        "asked https://acme.example:8443/in and told owner@acme.example",
        '{"url":"https://acme.example:8443","mail":"owner@acme.example"}',
    ],
)
def test_text_that_only_mentions_secrets_stays_readable(text: str) -> None:
    assert logged("%s", text).endswith(f": {text}")


def test_a_site_with_a_fault_gives_its_secrets_away_to_no_log() -> None:
    """pydantic's own text shows the values, with the middle of long ones cut out."""
    hooks = {"secret": "whsec_" + "canary" * 12, "post_call_secret": "canary" * 5, "url": 7}
    with pytest.raises(ValidationError) as fault:
        Hooks.model_validate(hooks)
    assert "canary" not in str(fault.value)
    assert "canary" not in logged("a site cannot be read", error=fault.value)
    assert "canary" not in logged("%s", hooks)


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


def fields_logged(**fields: object) -> dict[str, object]:
    """The JSON object that is written for an event of our own with these fields."""
    record = logging.LogRecord("webapp", logging.INFO, "x.py", 1, "done", (), None)
    record.callme_event, record.callme_fields = "done", fields
    written = json.loads(RedactingFormatter([ACCESS, SECRET], as_json=True).format(record))
    assert isinstance(written, dict)
    return written


def test_json_keeps_fields_apart_with_their_types() -> None:
    written = fields_logged(seconds=1.25, attempt=2, paused=False, reason="")
    assert {"event": "done", "level": "info", "logger": "webapp"}.items() <= written.items()
    assert {"seconds": 1.25, "attempt": 2, "paused": False, "reason": ""}.items() <= written.items()


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("+12025550100", id="a number as text"),
        pytest.param(2025550100, id="a number as a number"),
        pytest.param({"to": ["(202) 555-0100"]}, id="deep inside"),
        pytest.param(f'"{SECRET}"', id="a secret in quotes"),
        pytest.param("Authorization: Bearer 2025550100", id="a bearer's token"),
    ],
)
def test_a_field_is_redacted_before_json_spells_it(value: object) -> None:
    text = json.dumps(fields_logged(anything=value))
    for canary in ("2025550100", "555-0100", "canary"):
        assert canary not in text


def test_a_field_with_the_name_of_a_secret_shows_nothing() -> None:
    assert fields_logged(token="abc", secret_access_key="abc") == fields_logged() | {
        "token": "[hidden]",
        "secret_access_key": "[hidden]",
    } | {"time": ANY}


@pytest.mark.parametrize("name", ["secret", "post_call_secret", "captcha_token"])
def test_a_field_that_ends_like_a_secret_shows_nothing(name: str) -> None:
    assert fields_logged(**{name: "abc"})[name] == "[hidden]"


def test_ids_stay_whole_however_many_digits_they_have() -> None:
    call, request = "2025550100202555010012", "2025550100" * 3 + "12"
    written = fields_logged(call=call, request=request)
    assert (written["call"], written["request"]) == (call, request)
    assert fields_logged(call="+12025550100")["call"] == "*********00"


def test_an_extra_field_cannot_replace_level_time_or_event() -> None:
    assert fields_logged(level="none", time="never", event="other")["level"] == "info"
    assert fields_logged(event="other")["event"] == "done"


def test_a_traceback_stands_in_one_line_of_json() -> None:
    try:
        raise ValueError("cannot ring +12025550100")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("webapp", logging.ERROR, "x.py", 1, "failed", (), info)
    line = RedactingFormatter(as_json=True).format(record)
    assert "\n" not in line
    assert "ValueError: cannot ring" in json.loads(line)["exception"]
    assert "2025550100" not in line


def test_a_broken_log_record_shows_file_and_line_but_no_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The message gets too few values, and logging's own report would print those."""
    too_much_asked = "%s and %s"
    configure_logging([SECRET])
    try:
        logging.getLogger("webapp").info(too_much_asked, "+12025550100")
    finally:
        logging.getLogger().handlers.clear()  # they write to a stream that ends with the test
    line = capsys.readouterr().err
    assert re.fullmatch(r".*test_logs\.py:\d+: a log record is broken\n", line)
