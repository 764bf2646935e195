"""Whom a request comes from, for counting."""

from __future__ import annotations

import ipaddress

from flask import Request

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Where proxies of one's own are; nobody comes from there over the internet.
NEAR = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1/128", "fc00::/7", "fe80::/10"),
    )
)


def address_of(request: Request) -> str:
    """The address that tries are counted by: of IPv6 the network, which is one household's.

    Behind proxies that are near, the last one that isn't: what stands before it anybody may have
    written.
    """
    found = _parsed(request.remote_addr or "")
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    while found is not None and _is_near(found) and forwarded:
        before = _parsed(forwarded.pop().strip())
        if before is None:
            break
        found = before
    if found is None:
        return "unknown"
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _is_near(address: Address) -> bool:
    return any(address in network for network in NEAR)


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address
