"""Tells public addresses from those of one's own network, and which servers of one's own may be fetched."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

Resolver = Callable[[str, int], Sequence[str]]
"""Returns the addresses of a host as text; raises OSError if there is none."""

# ``is_global`` of the standard library calls several of these public (IANA special-purpose registries).
_RESERVED_V4 = (IPv4Network("192.88.99.0/24"), IPv4Network("192.0.0.0/24"))
_UNICAST_V6 = IPv6Network("2000::/3")
_RESERVED_V6 = tuple(IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))


def is_public(address: str) -> bool:
    """Tell whether an address belongs to a server on the public internet; text that is no address does not.

    IPv4 inside IPv6 is judged as IPv4. Multicast, tunnels and translated addresses are not public: they may lead
    back into one's own network.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if not parsed.is_global or parsed.is_multicast:
        return False
    if isinstance(parsed, IPv4Address):
        return not any(parsed in net for net in _RESERVED_V4)
    return parsed in _UNICAST_V6 and not any(parsed in net for net in _RESERVED_V6)


def system_resolver(host: str, port: int) -> Sequence[str]:
    """Return the addresses the system knows for a host, in its order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Allowed:
    """Servers of one's own: host and port, or host with every port."""

    servers: frozenset[tuple[str, int | None]]

    @classmethod
    def parse(cls, entries: Iterable[str]) -> Allowed:
        """Read ``host``, ``host:port``, ``[address]:port`` or a URL; a URL without a port means its scheme's."""
        return cls(frozenset(_server(entry) for entry in entries if entry))

    def holds(self, host: str, port: int) -> bool:
        """Tell whether this server was named."""
        name = host.lower().strip("[]").rstrip(".")
        return (name, port) in self.servers or (name, None) in self.servers


def _server(entry: str) -> tuple[str, int | None]:
    bare = entry.count(":") > 1 and "[" not in entry and "://" not in entry
    parts = urlsplit(entry if "://" in entry else f"//[{entry}]" if bare else f"//{entry}")
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return (parts.hostname or "").rstrip("."), port
