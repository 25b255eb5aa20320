"""Settings: `CALLME_*` from the environment, a `.env` file, or files in a secrets directory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from webapp.domain.masking import passwords_in
from webapp.errors import ConfigurationError
from webapp.setting_values import (
    CaFile,
    CaptchaSecret,
    CaptchaSiteKey,
    CaptchaUrl,
    DatabaseUrl,
    Key,
    MetricsToken,
    ProxyUrl,
    PublicUrl,
    RedisUrl,
    Seconds,
    SecretKey,
    VendorUrl,
)

PREFIX = "CALLME_"
ENV_FILE = ".env"
ENV_ENCODING = "utf-8-sig"
"""With or without the mark that editors put at the beginning."""
SECRETS_DIR = f"{PREFIX}SECRETS_DIR"
"""The environment variable that names the folder of the files. It is not a setting itself."""

USUAL_SECRETS_DIR = Path("/run/secrets")

_QUOTES = tuple("\"'`\u201c\u201d\u201e\u2018\u2019")

_EXAMPLES = {
    "secret_key": "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(48))'",
    "database_url": "sqlite:///var/callme.db",
    "redis_url": "redis://127.0.0.1:6379/0",
    "public_url": "https://callme.example",
    "trusted_proxy_hops": "1",
    "dialogtech_url": "https://secure.dialogtech.com/ibp_api.php",
    "dialogtech_access_key": "the Access Key from DialogTech's Key Manager",
    "dialogtech_secret_access_key": "the Secret Access Key from DialogTech's Key Manager",
    "dialogtech_connect_timeout": "5",
    "dialogtech_read_timeout": "90",
    "dialogtech_calls_per_minute": "100",
    "max_calls_in_flight": "200",
    "calls_per_day": "1000",
    "captcha": "turnstile",
    "captcha_site_key": "the site key from the captcha service, beside CALLME_CAPTCHA",
    "captcha_secret": "the secret key from the captcha service, beside CALLME_CAPTCHA",
    "captcha_url": "https://api.hcaptcha.com/siteverify",
    "proxy_url": "http://proxy.example:3128",
    "ca_file": "/etc/ssl/certs/acme-root.pem",
    "breaker_failures": "5",
    "lease_seconds": "15",
    "leave_seconds": "2",
    "log_format": "json",
    "metrics_token": "the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'",
    "metrics_port": "9464",
    "metrics_host": "127.0.0.1",
}


class Settings(BaseSettings):
    """Everything that differs between installations. Only factory and cli read it."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file_encoding=ENV_ENCODING,
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    @field_validator("*", mode="before")
    @classmethod
    def _as_meant(cls, value: object) -> object:
        """What editors, and tools that read no quotes, put around a value would become part of it."""
        if not isinstance(value, str):
            return value
        value = value.removeprefix("\ufeff").strip()
        if len(value) > 1 and value[0] in _QUOTES and value[-1] in _QUOTES:
            raise ValueError("is in quotes, which would be part of it; leave them out")
        if " #" in value:
            raise ValueError("holds a comment, which would be part of it; leave it out")
        if not value.isprintable():
            raise ValueError("holds a character that cannot be seen")
        return value

    secret_key: SecretKey
    """The key for signing tokens and for hashing suppressed numbers; 32 bytes or longer. Numbers that
    were suppressed under another key are not recognised."""
    database_url: DatabaseUrl = "sqlite:///var/callme.db"
    """A SQLite file, or PostgreSQL (`postgresql://…`)."""
    redis_url: RedisUrl = ""
    """Where all processes count the visitors' limits together: `redis://…`, `rediss://…` with TLS, or
    `redis+unix:///run/redis.sock?db=0`. Empty: each process counts for itself."""
    public_url: PublicUrl = "http://127.0.0.1:8000"
    """The address that browsers use: https, except on this machine."""
    trusted_proxy_hops: Annotated[int, Field(ge=0, le=10)] = 0
    """How many proxies in front append to X-Forwarded-For."""
    dialogtech_url: VendorUrl = "https://secure.dialogtech.com/ibp_api.php"
    """The vendor's endpoint; plain http only to this machine."""
    dialogtech_access_key: Key
    """The account's Access Key, from DialogTech's Key Manager."""
    dialogtech_secret_access_key: Key
    """The account's Secret Access Key, from the same place."""
    dialogtech_connect_timeout: Seconds = 5.0
    """Seconds to connect; a timeout here is tried again, as nothing was sent."""
    dialogtech_read_timeout: Seconds = 90.0
    """Seconds to wait for the answer, which comes when the phone is answered."""
    dialogtech_calls_per_minute: Annotated[int, Field(ge=0)] = 0
    """Each dispatcher sends at most this many orders a minute; 0 for no limit."""
    max_calls_in_flight: Annotated[int, Field(ge=1, le=5000)] = 200
    """The most calls that one dispatcher has in flight."""
    calls_per_day: Annotated[int, Field(ge=0)] = 1000
    """At most this many calls in any 24 hours, for all sites together; 0 for no limit."""
    captcha: Literal["", "turnstile", "hcaptcha", "recaptcha"] = ""
    """The service for sites with `captcha = true`. Empty: no service, and such sites accept no calls."""
    captcha_site_key: CaptchaSiteKey = ""
    """The service's public key for this installation."""
    captcha_secret: CaptchaSecret = SecretStr("")
    """The service's secret key for this installation."""
    captcha_url: CaptchaUrl = ""
    """The address where answers are checked; empty for the service's own."""
    proxy_url: ProxyUrl = ""
    """The proxy that requests to the vendor, the captcha service and hooks go through. Empty: none,
    whatever `http_proxy` says."""
    ca_file: CaFile = ""
    """A PEM file with certificates to trust beside the public ones."""
    breaker_failures: Annotated[int, Field(ge=0)] = 5
    """After this many failed orders in a row the vendor counts as down, or only their `menu_id` if the
    vendor said that it refuses them; 0 for never."""
    lease_seconds: Annotated[float, Field(ge=1, le=300)] = 15.0
    """How long a dispatcher may be silent before its calls in flight are settled as unknown."""
    leave_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0
    """How long a server that was told to stop goes on serving, while /readyz says that it is leaving."""
    log_format: Literal["auto", "json", "text"] = "auto"
    """How the log is written; auto is text on a terminal and JSON elsewhere."""
    metrics_token: MetricsToken = SecretStr("")
    """Bearer token required to read /metrics. Empty: /metrics is not served on the public port."""
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """A port that serves only /metrics; 0 for none."""
    metrics_host: str = "127.0.0.1"
    """The address on which the metrics' port listens."""

    @property
    def vendor_patience(self) -> timedelta:
        """The longest that one order may last: connecting, waiting for the answer, and reading it."""
        return timedelta(
            seconds=self.dialogtech_connect_timeout + 2 * self.dialogtech_read_timeout + 5
        )

    @property
    def secrets(self) -> list[str]:
        """Every value that must never appear in a log."""
        secrets = (
            self.secret_key,
            self.dialogtech_access_key,
            self.dialogtech_secret_access_key,
            self.captcha_secret,
            self.metrics_token,
        )
        values = [value for secret in secrets if (value := secret.get_secret_value())]
        return [
            *values,
            *passwords_in(self.database_url),
            *passwords_in(self.redis_url),
            *passwords_in(self.proxy_url),
        ]


def load_settings(**changes: Any) -> Settings:
    """The settings of this process. Raises ConfigurationError with every fault, never with a value."""
    unknown: list[str] = []
    try:
        folder = _secrets_directory()
        sources: dict[str, Any] = {"_env_file": ENV_FILE, "_secrets_dir": folder}
        unknown += [*_unknown_names(folder), *_expanded()]
        settings = Settings(**sources, **changes)
    except ValidationError as error:
        raise ConfigurationError([*unknown, *_faults(error)]) from None
    except (OSError, UnicodeDecodeError, SettingsError) as error:
        why = error.strerror if isinstance(error, OSError) else "is no UTF-8 text"
        raise ConfigurationError([f".env or a file of the secrets directory: {why}"]) from None
    if unknown:
        raise ConfigurationError(unknown)
    return settings


def _unknown_names(secrets: Path | None) -> Iterator[str]:
    """Faults for unknown names: a misspelt one would silently leave its setting at the default. Case
    does not matter, as with pydantic."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    in_file = {name.upper() for name in dotenv_values(ENV_FILE, encoding=ENV_ENCODING)}
    if SECRETS_DIR in in_file:
        yield f"{SECRETS_DIR}: has no effect in {ENV_FILE}; set it in the environment"
    # Other files may lie there as well, certificates for example.
    in_folder = (file.name for file in secrets.iterdir() if "." not in file.name) if secrets else ()
    names = in_file | {name.upper() for name in (*os.environ, *in_folder)}
    for name in sorted(names - known - {SECRETS_DIR}):
        if name.startswith(PREFIX) and not name.startswith(f"{PREFIX}TEST_"):
            near = get_close_matches(name, known, n=1) or ["CALLME_SECRET_KEY"]
            yield f"{name}: there is no such setting; for example {near[0]}"


def _expanded() -> Iterator[str]:
    """Faults for values of the file in which `${…}` would be replaced."""
    written = dotenv_values(ENV_FILE, interpolate=False, encoding=ENV_ENCODING)
    for name, value in dotenv_values(ENV_FILE, encoding=ENV_ENCODING).items():
        if name.upper().startswith(PREFIX) and value != written[name]:
            yield (
                f"{name}: ${{…}} in {ENV_FILE} stands for something else; put the value into the"
                " environment or into a file of the secrets directory"
            )


def _secrets_directory() -> Path | None:
    """The folder of the files, if any. Raises ConfigurationError if a missing folder is named."""
    named = os.environ.get(SECRETS_DIR)
    if named is None:
        return USUAL_SECRETS_DIR if USUAL_SECRETS_DIR.is_dir() else None
    if not named or not Path(named).is_dir():
        raise ConfigurationError(
            [f"{SECRETS_DIR}: there is no such folder; for example {USUAL_SECRETS_DIR}"]
        )
    return Path(named)


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False, include_input=False):
        name = str(fault["loc"][0])
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "missing":
            message = "missing"
        yield f"{PREFIX}{name.upper()}: {message}; for example {_EXAMPLES[name]}"
