"""Numeric addresses, and the names that stand for them."""

from __future__ import annotations

import socket
from ipaddress import IPv6Address, ip_address


def plain_address(host: str) -> str:
    """A numeric address in its shortest form; an IPv4 address inside IPv6 as IPv4."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(address)


def resolve(host: str) -> frozenset[str]:
    """The numeric addresses of a host name or address; none when it has none now."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return frozenset()
    return frozenset(plain_address(str(entry[4][0])) for entry in found)
