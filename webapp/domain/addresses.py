"""IP addresses: rate-limit keys, anonymised networks, and which hosts may be contacted."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


@lru_cache(maxsize=1024)  # each request looks at its visitor's address more than once
def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address as a proxy wrote it, with a port or without; None if it is not one."""
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
    """The key for rate limits: IPv4 as it is, IPv6 as its /64; None if `text` is not an address."""
    address = read_address(text)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address) if address else None


def network_of(text: str) -> str:
    """The part of an address that may be stored: its /24, for IPv6 its /48. Empty if it is not an
    address."""
    address = read_address(text)
    if address is None:
        return ""
    return str(ip_network((address, 24 if address.version == 4 else 48), strict=False))


def is_this_machine(host: str) -> bool:
    """Whether a URL's host is the local machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def may_be_reached(address: IPv4Address | IPv6Address, allow_private: bool) -> bool:
    """Whether we may connect to this address of an owner: a public one or, with `allow_private`, a
    loopback or private one. Never a link-local one, where clouds serve their metadata.

    An IPv4-mapped IPv6 address is judged as IPv4. Those that a gateway would translate to IPv4 (NAT64,
    6to4, Teredo) are refused.
    """
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return may_be_reached(address.ipv4_mapped, allow_private)
        if address.sixtofour or address.teredo:
            return False
        if address.is_site_local:  # fec0::/10: given up, still routed inside, and global to Python
            return allow_private
    if address.is_loopback:
        return allow_private
    if address.is_multicast or address.is_unspecified or address.is_link_local:
        return False
    if address.is_reserved:  # ::/8, and with it NAT64's 64:ff9b::/96
        return False
    return address.is_global or allow_private
