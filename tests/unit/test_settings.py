"""A wrong setting stops the start with one line: its name, its fault, an example, never a secret."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from webapp.errors import ConfigurationError
from webapp.settings import Settings, load_settings

CANARY = "canary-0123456789-abcdefghij-XYZ-0123456789"
GOOD = {
    "CALLME_SECRET_KEY": CANARY,
    "CALLME_DIALOGTECH_ACCESS_KEY": f"{CANARY}-a",
    "CALLME_DIALOGTECH_SECRET_ACCESS_KEY": f"{CANARY}-s",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The smallest valid environment."""
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def faults() -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        load_settings()
    return refusal.value.faults


def test_only_the_three_secrets_are_required(environment: pytest.MonkeyPatch) -> None:
    settings = load_settings()
    assert settings.database_url == "sqlite:///var/callme.db"
    assert settings.redis_url == ""
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.trusted_proxy_hops == 0
    assert settings.dialogtech_url == "https://secure.dialogtech.com/ibp_api.php"
    assert settings.dialogtech_connect_timeout == 5
    assert settings.dialogtech_read_timeout == 90
    assert settings.max_calls_in_flight == 200
    assert settings.breaker_failures == 5
    assert settings.log_format == "auto"
    assert settings.metrics_token.get_secret_value() == ""
    assert settings.metrics_port == 0
    assert settings.secrets == list(GOOD.values())


@pytest.mark.parametrize(
    ("name", "url", "passwords"),
    [
        ("DATABASE_URL", "postgresql://callme:s3cret-one@db.example/callme", {"s3cret-one"}),
        (
            "DATABASE_URL",
            "postgresql://callme:s%2Fcr@t-one@db/callme",
            {"s%2Fcr@t-one", "s/cr@t-one"},
        ),
        ("DATABASE_URL", "postgresql://callme:s/cret-one@db.example/callme", {"s/cret-one"}),
        (
            "DATABASE_URL",
            "postgresql://db/callme?user=me&password=s+cret%21",
            {"s+cret%21", "s cret!"},
        ),
        ("DATABASE_URL", "postgresql://callme@db.example:5432/callme", set()),
        # Hiding it would hide part of every word that contains it.
        ("DATABASE_URL", "postgresql://callme:callme@db.example/callme", set()),
        ("DATABASE_URL", "sqlite:////var/lib/callme:1/a@b.db", set()),
        ("REDIS_URL", "rediss://:s3cret-one@redis.example:6379/0", {"s3cret-one"}),
        ("REDIS_URL", "redis://me:s%40cret-one@redis.example/0", {"s%40cret-one", "s@cret-one"}),
        (
            "REDIS_URL",
            "redis+unix:///run/redis.sock?db=0&password=s3cret-one",
            {"s3cret-one"},
        ),
    ],
)
def test_the_password_in_a_store_address_is_a_secret_encoded_and_decoded(
    environment: pytest.MonkeyPatch, name: str, url: str, passwords: set[str]
) -> None:
    environment.setenv(f"CALLME_{name}", url)
    settings = load_settings()
    assert set(GOOD.values()) | passwords <= set(settings.secrets)
    assert passwords or settings.secrets == list(GOOD.values())
    shown = f"{settings!r} {settings}"
    assert not any(password in shown for password in passwords)


def test_without_any_settings_each_missing_one_is_named_at_once() -> None:
    lines = faults()
    assert [line.split(": ")[0] for line in lines] == list(GOOD)
    assert all("missing" in line and "for example" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        pytest.param("SECRET_KEY", "c" * 31, "32 bytes", id="a short key"),
        pytest.param("SECRET_KEY", "", "32 bytes", id="an empty key"),
        pytest.param("DIALOGTECH_ACCESS_KEY", "", "empty", id="an empty access key"),
        pytest.param("DIALOGTECH_SECRET_ACCESS_KEY", "  ", "empty", id="a blank secret access key"),
        pytest.param(
            "DATABASE_URL", "callme.db", "no database address", id="a path for an address"
        ),
        pytest.param("DATABASE_URL", "", "no database address", id="an empty address"),
        pytest.param(
            "DATABASE_URL", "mysql://callme@db/callme", "SQLite file or PostgreSQL", id="MySQL"
        ),
        pytest.param(
            "DATABASE_URL", "nosuch://x", "SQLite file or PostgreSQL", id="no such scheme"
        ),
        pytest.param("DATABASE_URL", "sqlite://", "SQLite file", id="SQLite without a file"),
        pytest.param("DATABASE_URL", "sqlite:///:memory:", "SQLite file", id="SQLite in memory"),
        pytest.param(
            "DATABASE_URL",
            "postgresql://db:port/callme",
            "no database address",
            id="a port in letters",
        ),
        pytest.param("REDIS_URL", "http://127.0.0.1:6379", "redis://", id="no Redis"),
        pytest.param("REDIS_URL", "127.0.0.1:6379", "redis://", id="Redis without a scheme"),
        pytest.param("REDIS_URL", "unix:///run/redis.sock", "redis+unix://", id="a bare socket"),
        pytest.param("REDIS_URL", "redis://redis:port/0", "redis://", id="a Redis port in letters"),
        pytest.param(
            "REDIS_URL", "redis://:canary/x@redis", "redis://", id="a slash in a password"
        ),
        pytest.param("PUBLIC_URL", "callme.example", "http or https", id="a bare host"),
        pytest.param("PUBLIC_URL", "http://callme.example", "must be an https", id="plain http"),
        pytest.param(
            "PUBLIC_URL", "http://10.0.0.7:8000", "must be an https", id="plain http near"
        ),
        pytest.param("PUBLIC_URL", "ftp://callme.example", "http or https", id="ftp"),
        pytest.param("PUBLIC_URL", "https://", "http or https", id="no host"),
        pytest.param(
            "PUBLIC_URL", "https://callme.example/app", "only scheme, host and port", id="a path"
        ),
        pytest.param(
            "PUBLIC_URL", "https://me:pw@callme.example", "only scheme, host and port", id="a user"
        ),
        pytest.param(
            "PUBLIC_URL",
            "https://callme.example:99999",
            "only scheme, host and port",
            id="a port out of range",
        ),
        pytest.param(
            "PUBLIC_URL", "https://[::1", "only scheme, host and port", id="half an IPv6 address"
        ),
        pytest.param("METRICS_TOKEN", "c" * 15, "16 letters", id="a short token"),
        pytest.param("METRICS_TOKEN", "canary 0123456789", "16 letters", id="a token with a space"),
        pytest.param("METRICS_PORT", "65536", "less than or equal", id="no such port"),
        pytest.param("LOG_FORMAT", "xml", "'auto', 'json' or 'text'", id="no such log format"),
        pytest.param("BREAKER_FAILURES", "-1", "greater than or equal to 0", id="failures below 0"),
        pytest.param("TRUSTED_PROXY_HOPS", "-1", "greater than or equal to 0", id="negative hops"),
        pytest.param("TRUSTED_PROXY_HOPS", "one", "valid integer", id="hops in letters"),
        pytest.param("TRUSTED_PROXY_HOPS", "1.5", "valid integer", id="half a hop"),
        pytest.param(
            "DIALOGTECH_URL",
            "http://secure.dialogtech.com/ibp_api.php",
            "https",
            id="plain http abroad",
        ),
        pytest.param(
            "DIALOGTECH_URL", "http://127.0.0.1.evil.example/", "https", id="a host like loopback"
        ),
        pytest.param(
            "DIALOGTECH_URL", "http://localhost@evil.example/", "https", id="loopback as a user"
        ),
        pytest.param("DIALOGTECH_URL", "http://0.0.0.0/", "https", id="any address"),
        pytest.param(
            "DIALOGTECH_URL",
            "https://vendor.example:99999/",
            "https",
            id="a vendor's port too high",
        ),
        pytest.param("DIALOGTECH_URL", "https://[::1/", "https", id="half an IPv6 vendor"),
        pytest.param(
            "DIALOGTECH_URL", "ftp://secure.dialogtech.com", "https", id="ftp to the vendor"
        ),
        pytest.param("DIALOGTECH_URL", "secure.dialogtech.com", "https", id="no scheme"),
        pytest.param("DIALOGTECH_URL", "https:///ibp_api.php", "https", id="no vendor host"),
        pytest.param("DIALOGTECH_CONNECT_TIMEOUT", "0", "greater than 0", id="no time to connect"),
        pytest.param(
            "DIALOGTECH_CONNECT_TIMEOUT", "nan", "less than or equal to 600", id="not a number"
        ),
        pytest.param("DIALOGTECH_READ_TIMEOUT", "inf", "less than or equal to 600", id="for ever"),
        pytest.param("DIALOGTECH_READ_TIMEOUT", "90s", "valid number", id="a unit"),
        pytest.param(
            "DIALOGTECH_CALLS_PER_MINUTE", "-1", "greater than or equal to 0", id="a negative pace"
        ),
        pytest.param("MAX_CALLS_IN_FLIGHT", "0", "greater than or equal to 1", id="no call at all"),
        pytest.param(
            "MAX_CALLS_IN_FLIGHT", "5001", "less than or equal to 5000", id="too many calls"
        ),
    ],
)
def test_a_wrong_value_is_one_line_with_setting_fault_and_example(
    environment: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    environment.setenv(f"CALLME_{name}", value)
    (line,) = faults()
    assert line.startswith(f"CALLME_{name}: ")
    assert fault in line
    assert "; for example " in line
    assert "\n" not in line
    assert "canary" not in line


@pytest.mark.parametrize(
    "value",
    [
        "https://secure.dialogtech.com/ibp_api.php",
        "https://stand-in.example:8443/ibp_api.php",
        "http://127.0.0.1:8001/ibp_api.php",
        "http://localhost:8001/ibp_api.php",
        "http://[::1]:8001/ibp_api.php",
    ],
)
def test_the_vendor_is_reached_by_https_or_on_this_machine(
    environment: pytest.MonkeyPatch, value: str
) -> None:
    environment.setenv("CALLME_DIALOGTECH_URL", value)
    assert load_settings().dialogtech_url == value


@pytest.mark.parametrize("mark", ["\ufeff", "\ufeff  ", "\n"])
def test_a_byte_order_mark_and_line_end_are_no_part_of_a_secret(
    tmp_path: Path, environment: pytest.MonkeyPatch, mark: str
) -> None:
    environment.delenv("CALLME_SECRET_KEY")
    environment.setenv("CALLME_SECRETS_DIR", str(tmp_path))
    key = "canary-" + "k" * 40
    (tmp_path / "CALLME_SECRET_KEY").write_text(f"{mark}{key}\r\n", "utf-8")
    assert load_settings().secret_key.get_secret_value() == key


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ('"canary-in-quotes"', "is in quotes, which would be part of it; leave them out"),
        ("'canary-in-quotes'", "is in quotes, which would be part of it; leave them out"),
        ("“canary-in-quotes”", "is in quotes, which would be part of it; leave them out"),
        ('"canary" # a note', "holds a comment, which would be part of it; leave it out"),
        ("canary # a note", "holds a comment, which would be part of it; leave it out"),
        ("canary\u200bkey", "holds a character that cannot be seen"),
        ("canary\u00a0key", "holds a character that cannot be seen"),
        ("canary\x07key", "holds a character that cannot be seen"),
    ],
)
@pytest.mark.parametrize("name", ["SECRET_ACCESS_KEY", "ACCESS_KEY"])
def test_an_implausible_vendor_key_is_refused_by_name(
    environment: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    environment.setenv(f"CALLME_DIALOGTECH_{name}", value)
    (said,) = faults()
    assert said.startswith(f"CALLME_DIALOGTECH_{name}: {fault}; for example ")
    assert "canary" not in said


def test_a_secret_file_that_is_not_utf_8_is_refused_in_one_line(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    """PowerShell's > writes UTF-16."""
    environment.delenv("CALLME_SECRET_KEY")
    environment.setenv("CALLME_SECRETS_DIR", str(tmp_path))
    (tmp_path / "CALLME_SECRET_KEY").write_text("k" * 40, "utf-16")
    assert faults() == [".env or a file of the secrets directory: is no UTF-8 text"]


def test_interpolation_in_other_programs_dotenv_entries_is_allowed(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("CALLME_SECRET_KEY")
    (tmp_path / ".env").write_text(f"COMPOSE_X=${{HOME}}/x\nCALLME_SECRET_KEY={'k' * 40}\n")
    assert load_settings().secret_key.get_secret_value() == "k" * 40


def test_a_dotenv_file_may_begin_with_a_byte_order_mark(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("CALLME_SECRET_KEY")
    (tmp_path / ".env").write_text(f"\ufeffCALLME_SECRET_KEY={'k' * 40}\n", "utf-8")
    assert load_settings().secret_key.get_secret_value() == "k" * 40


def test_a_dollar_in_a_dotenv_file_is_kept_and_interpolation_is_refused(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.delenv("CALLME_DIALOGTECH_ACCESS_KEY")
    file = tmp_path / ".env"
    file.write_text("CALLME_DIALOGTECH_ACCESS_KEY=a$HOME$1b\n")
    assert load_settings().dialogtech_access_key.get_secret_value() == "a$HOME$1b"
    file.write_text("CALLME_DIALOGTECH_ACCESS_KEY=a${HOME}b\n")
    (said,) = faults()
    assert said.startswith("CALLME_DIALOGTECH_ACCESS_KEY: ${…} in .env stands for something else")


def test_the_public_address_is_read_as_a_browser_reads_it(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("CALLME_PUBLIC_URL", "https://rückruf.fußball.example")
    assert load_settings().public_url == "https://xn--rckruf-3ya.xn--fuball-cta.example"


def test_all_wrong_values_are_named_at_once(environment: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "PUBLIC_URL", "DIALOGTECH_URL", "TRUSTED_PROXY_HOPS"):
        environment.setenv(f"CALLME_{name}", "nonsense")
    environment.delenv("CALLME_SECRET_KEY")
    assert len(faults()) == 5


def test_no_secret_is_ever_part_of_a_fault(environment: pytest.MonkeyPatch) -> None:
    """Neither a wrong secret, nor a right one beside another fault, nor a password in an address."""
    environment.setenv("CALLME_SECRET_KEY", "canary-short")
    environment.setenv("CALLME_DATABASE_URL", "mysql://me:canary-db@db.example/x")
    environment.setenv("CALLME_REDIS_URL", "http://:canary-redis@redis.example")
    environment.setenv("CALLME_PUBLIC_URL", "https://me:canary-user@callme.example")
    environment.setenv("CALLME_DIALOGTECH_URL", "http://me:canary-url@vendor.example")
    with pytest.raises(ConfigurationError) as refusal:
        load_settings()
    assert len(refusal.value.faults) == 5
    assert "canary" not in f"{refusal.value}{refusal.value!r}"
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__, "pydantic's text would show the values"


def test_settings_do_not_print_their_secrets(environment: pytest.MonkeyPatch) -> None:
    assert "canary" not in f"{load_settings()} {load_settings()!r}"


def test_a_dotenv_file_in_the_working_directory_is_read(tmp_path: Path) -> None:
    lines = [f"{name}='{value}'" for name, value in GOOD.items()]
    (tmp_path / ".env").write_text("\n".join([*lines, "CALLME_PUBLIC_URL=https://a.example"]))
    settings = load_settings()
    assert settings.secrets == list(GOOD.values())
    assert settings.public_url == "https://a.example"


def test_the_environment_goes_before_the_dotenv_file(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("CALLME_PUBLIC_URL=https://file.example\n")
    environment.setenv("CALLME_PUBLIC_URL", "https://environment.example")
    assert load_settings().public_url == "https://environment.example"


def test_a_secrets_directory_is_read_one_file_a_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As container platforms mount them. A line break at the end of a file is not part of the secret."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name, value in GOOD.items():
        (folder / name.lower()).write_text(value + "\n")
    monkeypatch.setenv("CALLME_SECRETS_DIR", str(folder))
    assert load_settings().secrets == list(GOOD.values())


def test_other_programs_entries_in_a_dotenv_file_are_ignored(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=mysql://x\nCALLMENOT=1\n")
    assert load_settings().database_url == "sqlite:///var/callme.db"


def test_settings_never_change_once_they_are_read(
    environment: pytest.MonkeyPatch,
) -> None:
    settings: Settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.public_url = "https://changed.example"


@pytest.mark.parametrize(
    "value",
    [
        "https://Callme.Example/",
        "HTTPS://callme.example",
        "https://callme.example:443",
    ],
)
def test_the_public_address_becomes_an_origin(environment: pytest.MonkeyPatch, value: str) -> None:
    environment.setenv("CALLME_PUBLIC_URL", value)
    assert load_settings().public_url == "https://callme.example"


@pytest.mark.parametrize(
    "value", ["http://localhost:8000", "http://127.0.0.2", "http://[::1]:8000"]
)
def test_the_public_address_of_this_machine_may_be_plain_http(
    environment: pytest.MonkeyPatch, value: str
) -> None:
    environment.setenv("CALLME_PUBLIC_URL", value)
    assert load_settings().public_url == value


@pytest.mark.parametrize("place", ["the environment", ".env", "a file"])
@pytest.mark.parametrize("spell", [str.upper, str.lower])
def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(
    tmp_path: Path, environment: pytest.MonkeyPatch, place: str, spell: Callable[[str], str]
) -> None:
    """Otherwise the setting would stay at its default, and all visitors behind the proxy would share one
    bucket."""
    name = spell("CALLME_TRUSTED_PROXY_HOP")
    if place == ".env":
        (tmp_path / ".env").write_text(f"{name}=1\n")
    elif place == "a file":
        (tmp_path / name).write_text("1\n")
    else:
        environment.setenv(name, "1")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert caught.value.faults == [
        "CALLME_TRUSTED_PROXY_HOP: there is no such setting; for example CALLME_TRUSTED_PROXY_HOPS"
    ]


@pytest.mark.parametrize("name", ["METRICS_DIR", "WEB_WORKERS", "DRAIN_SECONDS"])
def test_internal_environment_variables_are_not_settings(
    environment: pytest.MonkeyPatch, name: str
) -> None:
    """The folder for metrics is deleted at the end, so it must never be one that an operator names."""
    environment.setenv(f"CALLME_{name}", "2")
    (line,) = faults()
    assert line.startswith(f"CALLME_{name}: there is no such setting")


@pytest.mark.parametrize("named", ["missing", ""])
def test_a_secrets_directory_that_is_named_must_be_there(
    environment: pytest.MonkeyPatch, named: str
) -> None:
    environment.setenv("CALLME_SECRETS_DIR", named)
    assert faults() == ["CALLME_SECRETS_DIR: there is no such folder; for example /run/secrets"]


def test_a_secrets_directory_cannot_be_named_in_the_dotenv_file(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    """It would have no effect there, as the folder must be known before that file is read."""
    (tmp_path / ".env").write_text(f"CALLME_SECRETS_DIR={tmp_path}\n")
    assert faults() == ["CALLME_SECRETS_DIR: has no effect in .env; set it in the environment"]


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("PROXY_URL", "proxy.example:3128", "must be the http or https address of a proxy"),
        ("PROXY_URL", "socks5://proxy.example", "must be the http or https address of a proxy"),
        ("CA_FILE", "/nowhere.pem", "is no PEM file with certificates that can be read"),
        ("CA_FILE", __file__, "is no PEM file with certificates that can be read"),
    ],
)
def test_an_invalid_proxy_url_or_ca_file_is_refused(
    environment: pytest.MonkeyPatch, name: str, value: str, fault: str
) -> None:
    environment.setenv(f"CALLME_{name}", value)
    (said,) = faults()
    assert said.startswith(f"CALLME_{name}: {fault}")
