"""A captcha is configured completely or not at all, and its secret stays secret."""

from __future__ import annotations

from typing import get_args

import pytest

from webapp.errors import ConfigurationError
from webapp.parts import create_captcha
from webapp.providers.captcha import SERVICES
from webapp.settings import Settings, load_settings

CANARY = "canary-0123456789-abcdefghij-XYZ-0123456789"
ALL = {"CAPTCHA": "turnstile", "CAPTCHA_SITE_KEY": "0x4AAA", "CAPTCHA_SECRET": f"{CANARY}-c"}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("SECRET_KEY", "DIALOGTECH_ACCESS_KEY", "DIALOGTECH_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"CALLME_{name}", CANARY)
    return monkeypatch


def configure(environment: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        environment.setenv(f"CALLME_{name}", value)


def test_there_is_no_captcha_unless_one_is_named(environment: pytest.MonkeyPatch) -> None:
    assert create_captcha(load_settings()) is None


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_captcha_with_both_keys_is_used(environment: pytest.MonkeyPatch, name: str) -> None:
    configure(environment, **ALL | {"CAPTCHA": name})
    settings = load_settings()
    captcha = create_captcha(settings)
    assert captcha
    assert (captcha.service, captcha.site_key) == (SERVICES[name], "0x4AAA")
    assert f"{CANARY}-c" in settings.secrets
    assert CANARY not in f"{settings} {settings!r} {captcha!r} {vars(captcha)['_session']}"


def test_each_service_that_can_be_named_is_there() -> None:
    named = get_args(Settings.model_fields["captcha"].annotation)
    assert set(named) == {"", *SERVICES}


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        pytest.param({"CAPTCHA_SITE_KEY": None}, {"CAPTCHA_SITE_KEY": "missing"}, id="no site key"),
        pytest.param({"CAPTCHA_SECRET": None}, {"CAPTCHA_SECRET": "missing"}, id="no secret"),
        pytest.param({"CAPTCHA_SECRET": " "}, {"CAPTCHA_SECRET": "missing"}, id="a blank secret"),
        pytest.param(
            {"CAPTCHA": ""},
            {"CAPTCHA_SITE_KEY": "of no use", "CAPTCHA_SECRET": "of no use"},
            id="keys without a service",
        ),
        pytest.param(
            {"CAPTCHA": "friendly"}, {"CAPTCHA": "'turnstile'"}, id="a service that nobody knows"
        ),
        pytest.param(
            {"CAPTCHA_URL": "http://verify.example/"}, {"CAPTCHA_URL": "https"}, id="plain http"
        ),
    ],
)
def test_an_incomplete_captcha_configuration_stops_the_start(
    environment: pytest.MonkeyPatch, changes: dict[str, str | None], faults: dict[str, str]
) -> None:
    """One line for each fault: the setting, what is wrong, an example, and never a value."""
    both = {**ALL, **changes}
    configure(environment, **{name: value for name, value in both.items() if value is not None})
    with pytest.raises(ConfigurationError) as refusal:
        load_settings()
    lines = refusal.value.faults
    assert [line.split(": ")[0] for line in lines] == [f"CALLME_{name}" for name in faults]
    for line, fault in zip(lines, faults.values(), strict=True):
        assert fault in line
        assert "; for example " in line
        assert "canary" not in line


def test_the_verify_address_may_be_another_one(environment: pytest.MonkeyPatch) -> None:
    configure(environment, **ALL, CAPTCHA_URL="http://127.0.0.1:8002/siteverify")
    assert load_settings().captcha_url == "http://127.0.0.1:8002/siteverify"
