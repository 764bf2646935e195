"""Whom a request comes from, for counting."""

from __future__ import annotations

import ipaddress

from flask import Request


def address_of(request: Request) -> str:
    """The address that tries are counted by: of IPv6 the network, which is one household's.

    Behind a proxy that is near, the last one that it has added: what stands before that anybody
    may have written.
    """
    found = _parsed(request.remote_addr or "")
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    if found is not None and (found.is_private or found.is_loopback) and forwarded:
        found = _parsed(forwarded) or found
    if found is None:
        return "unknown"
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _parsed(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
