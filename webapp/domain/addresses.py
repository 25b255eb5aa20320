"""Visitors' addresses: whose bucket of a rate limit, and as much of them as may be kept."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address that a proxy wrote, with a port or without; None when it is none."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def address_key(text: str) -> str | None:
    """192.0.2.7 as it is, 2001:db8::1 as its /64; None when `text` is no address."""
    address = read_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address) if address else None


def network_of(text: str) -> str:
    """What may be kept of an address: its /24, for IPv6 its /48. Empty when it is none."""
    address = read_address(text)
    if address is None:
        return ""
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))
