"""Tells addresses of the public internet from all that a server must not be sent to."""

from collections.abc import Iterator
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Where clouds hand out credentials, some of them at addresses that look public.
_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",
    )
)
_NAT64 = ip_network("64:ff9b::/96")
# IPv4-compatible, translated, and by way of NAT64.
_CARRYING_IPV4 = (ip_network("::/96"), ip_network("::ffff:0:0:0/96"), _NAT64)
# Not public either, though not every version of Python knows.
_SPECIAL = tuple(
    ip_network(text)
    for text in ("192.0.0.0/24", "192.88.99.0/24", "64:ff9b:1::/48", "3fff::/20", "fec0::/10")
)
_ISATAP = frozenset({0x00005EFE, 0x02005EFE})


def is_allowed(address: Address, *, allowed: tuple[Network, ...] = ()) -> bool:
    """Whether it is public, or allowed all the same; what hands out credentials never is."""
    forms = (address, *_embedded(address))
    if any(form in _METADATA for form in forms):
        return False
    if any(address in network for network in allowed):
        return True
    return all(_is_public(form) for form in forms)


def _embedded(address: Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that may be reached by way of this one."""
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    value = int(address)
    carries = any(address in network for network in _CARRYING_IPV4)
    if carries or (value >> 32) & 0xFFFFFFFF in _ISATAP:
        yield IPv4Address(value & 0xFFFFFFFF)


def _is_public(address: Address) -> bool:
    if address in _NAT64 or getattr(address, "ipv4_mapped", None) is not None:
        return True  # as far as what it carries is
    if any(address in network for network in _SPECIAL):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved)
