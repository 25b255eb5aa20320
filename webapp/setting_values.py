"""The types of settings. An error says what the value must be, but never shows the value."""

from __future__ import annotations

import re
import ssl
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from webapp.domain.addresses import is_this_machine
from webapp.domain.site.origins import normal_origin, parts_of
from webapp.errors import ConfigurationError
from webapp.store.address import parse_url

T = TypeVar("T", str, SecretStr)

_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]{16,}=*")
"""What may follow `Bearer` (RFC 6750)."""


def _database_url(value: str) -> str:
    try:
        parse_url(value)
    except ConfigurationError as error:
        raise ValueError(error.faults[0].split(": ", 1)[1].split(";")[0]) from None
    return value


def _public_url(value: str) -> str:
    try:
        origin = normal_origin(value)
    except ValueError:
        raise ValueError("must be an http or https address of only scheme, host and port") from None
    # Browsers resolve `*.localhost` to this machine; other resolvers may not.
    if not (_is_https_or_here(origin) or (urlsplit(origin).hostname or "").endswith(".localhost")):
        raise ValueError("must be an https address (plain http only for this machine)")
    return origin


def _is_https_or_here(value: str) -> bool:
    """Whether traffic to it is encrypted or stays on this machine."""
    parts = parts_of(value)
    if not parts or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_this_machine(parts.hostname))


def _redis_url(value: str) -> str:
    parts = parts_of(value)
    if value and (not parts or parts.scheme not in ("redis", "rediss", "redis+unix")):
        raise ValueError("must be a redis://, rediss:// or redis+unix:// address, or empty")
    return value


def _vendor_url(value: str) -> str:
    if not _is_https_or_here(value):
        raise ValueError("must be an https address (plain http only to this machine)")
    return value


def _proxy_url(value: str) -> str:
    parts = parts_of(value)
    if value and (not parts or parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be the http or https address of a proxy, or empty")
    return value


def _ca_file(value: str) -> str:
    try:
        if value:
            ssl.create_default_context(cafile=value)
    except OSError:  # SSLError is one too
        raise ValueError("is no PEM file with certificates that can be read") from None
    return value


def _secret_key(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().encode()) < 32:
        raise ValueError("must be 32 bytes or longer")
    return value


def _metrics_token(value: SecretStr) -> SecretStr:
    if value.get_secret_value() and not _BEARER_TOKEN.fullmatch(value.get_secret_value()):
        raise ValueError("must be 16 letters and digits or more, without spaces, or empty")
    return value


def _not_blank(value: SecretStr) -> SecretStr:
    if not value.get_secret_value().strip():
        raise ValueError("must not be empty")
    return value


def _captcha_url(value: str) -> str:
    return value and _vendor_url(value)


def _with_captcha(value: T, info: ValidationInfo) -> T:
    """Captcha settings are all set or all empty: with half of them, sites would only look protected."""
    named = info.data.get("captcha")
    text = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
    if named and not text.strip():
        raise ValueError("missing, and CALLME_CAPTCHA names a service")
    if named == "" and text:
        raise ValueError("is of no use while CALLME_CAPTCHA is empty")
    return value


_UNSHOWN = Field(repr=False)
"""For URLs that may contain a password."""

Seconds = Annotated[float, Field(gt=0, le=600)]
Key = Annotated[SecretStr, AfterValidator(_not_blank)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url), _UNSHOWN]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url), _UNSHOWN]
VendorUrl = Annotated[str, AfterValidator(_vendor_url)]
ProxyUrl = Annotated[str, AfterValidator(_proxy_url), _UNSHOWN]
CaFile = Annotated[str, AfterValidator(_ca_file)]
SecretKey = Annotated[SecretStr, AfterValidator(_secret_key)]
MetricsToken = Annotated[SecretStr, AfterValidator(_metrics_token)]
CaptchaUrl = Annotated[str, AfterValidator(_captcha_url)]
_WITH_DEFAULT = Field(validate_default=True)
CaptchaSiteKey = Annotated[str, AfterValidator(_with_captcha), _WITH_DEFAULT]
CaptchaSecret = Annotated[SecretStr, AfterValidator(_with_captcha), _WITH_DEFAULT]
