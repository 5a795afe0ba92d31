"""Who sends a request, as the network tells: the peer, or whom a trusted proxy names.

The headers by which a proxy tells are believed hop by hop, from the nearest, and only as far as the hops are trusted.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

HOME_PREFIX = 64  # of an IPv6 address: what one subscriber has at least

_FOR = re.compile(r'(?:^|;)\s*for="?\[?([^";\]]*)\]?[^;]*', re.IGNORECASE)

Address = IPv4Address | IPv6Address


class TrustedHops:
    """Takes the client's address, and the scheme that it used, from proxies that are trusted; from nobody else."""

    def __init__(self, app: ASGIApp, trusted_proxies: Iterable[str]) -> None:
        self._app = app
        self._networks = [ip_network(network) for network in trusted_proxies]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, as its first trusted hop saw it."""
        if self._networks and scope["type"] == "http" and scope.get("client") and self._trusts(scope["client"][0]):
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        client = self._client(headers, scope["client"][0])
        scheme = headers.get("x-forwarded-proto", "").split(",")[-1].strip().lower()
        return {
            **scope,
            "client": (client, 0),
            "scheme": scheme if scheme in ("http", "https") else scope["scheme"],
        }

    def _client(self, headers: Headers, peer: str) -> str:
        """Name the client. A proxy writes one of the two headers, and the other one may be the client's invention."""
        listed = [hop for value in headers.getlist("x-forwarded-for") for hop in value.split(",")]
        elements = [part for value in headers.getlist("forwarded") for part in value.split(",")]
        told = [match[1] for part in elements if (match := _FOR.search(part))]
        named = {self._last_untrusted(hops) for hops in (listed, told) if hops}
        return peer if len(named) != 1 else named.pop() or peer

    def _last_untrusted(self, hops: list[str]) -> str | None:
        """Walk back from the nearest hop to the first that is no proxy of ours; None where no address stands."""
        for hop in reversed(hops):
            address = _address(_without_port(hop.strip()))
            if address is None:
                return None
            if not self._trusts(str(address)):
                return str(address)
        return None

    def _trusts(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self._networks)


def peer_of(scope: Scope) -> str:
    """Name whoever is at the other end: an IPv4 address, or the network of an IPv6 address's home."""
    return _home(scope["client"][0] if scope.get("client") else "")


@lru_cache(maxsize=10_000)
def _home(host: str) -> str:
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, HOME_PREFIX), strict=False))
    return str(address or host)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
