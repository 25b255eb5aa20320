"""Opens the visitors' rate-limit counters in Redis."""

from __future__ import annotations

import re
from importlib.util import find_spec

from limits.errors import ConfigurationError as CannotBeUsed
from limits.storage import RedisStorage

from webapp.errors import ConfigurationError
from webapp.settings import Settings
from webapp.store.counters import storage_options


def open_counters(settings: Settings) -> RedisStorage | None:
    """The counters, not yet connected; None if each process counts for itself.

    Raises ConfigurationError, where a web process would fail with a traceback.
    """
    url = settings.redis_url
    if not url:
        return None
    if find_spec("redis") is None:
        raise _fault("the package redis is not installed; run: pip install redis")
    try:
        counters = RedisStorage(url, **storage_options(url))
        counters.storage.connection_pool.make_connection()  # which does not connect yet
        return counters
    except TypeError as error:
        (name,) = re.findall(r"argument '(\w+)'", str(error)) or ["…"]
        raise _fault(f"there is no parameter {name!r}") from None
    except CannotBeUsed as error:
        raise _fault(str(error)) from None
    except ValueError:  # from the redis package; its text may quote the address
        raise _fault("is no address that the package redis can read") from None


def _fault(text: str) -> ConfigurationError:
    return ConfigurationError([f"CALLME_REDIS_URL: {text}"])
