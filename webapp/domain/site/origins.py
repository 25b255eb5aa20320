"""Web origins."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, unquote, urlsplit

import idna

_LONGEST_LABEL = 63
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\"#%/:<>?@\[\\\]^`{|}]")
"""What the URL standard forbids in a host."""
_ENDS_IN_NUMBER = re.compile(r"(?:\A|\.)(?:\d+|0x[0-9a-f]*)\.?\Z")
"""Browsers parse such a host as an IPv4 address."""


def parts_of(address: str) -> SplitResult | None:
    """The parts of a URL; None if it is not one. urllib's own exception may quote a password."""
    try:
        parts = urlsplit(address)
        return parts if parts.port != 0 else None
    except ValueError:
        return None


def ascii_host(name: str) -> str:
    """A host's name as browsers send it: UTS 46, non-transitional, so that `ß` stays what it is. IPv6
    addresses are given without their brackets.

    Raises ValueError.
    """
    if ":" in name:
        address = IPv6Address(name)
        last = int(address) & 0xFFFFFFFF
        # Browsers write no dots there; some versions of Python do.
        return f"::ffff:{last >> 16:x}:{last & 0xFFFF:x}" if address.ipv4_mapped else str(address)
    name = unquote(name, errors="strict").lower()
    if not name.isascii():
        name = idna.uts46_remap(name, std3_rules=False, transitional=False)
    labels = [
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in name.split(".")
    ]
    if any(len(label) > _LONGEST_LABEL for label in labels):
        raise ValueError("has a part that is too long")
    host = ".".join(labels)
    if _FORBIDDEN.search(host):
        raise ValueError("holds a character that is in no name of a host")
    return str(IPv4Address(host)) if _ENDS_IN_NUMBER.search(host) else host


def normal_origin(address: str) -> str:
    """An origin exactly as a browser would send it in its Origin header.

    Raises ValueError, whose text does not quote `address`.
    """
    try:
        parts = urlsplit(address)
        port = parts.port
        host = ascii_host(parts.hostname or "")
    except ValueError:
        raise ValueError("is no origin") from None
    if parts.scheme not in ("https", "http") or not host or "*" in host or " " in host:
        raise ValueError("is no origin")
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("holds more than scheme, host and port")
    default_port = {"https": 443, "http": 80}[parts.scheme]
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port and port != default_port else "")
