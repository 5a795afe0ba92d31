"""Whose request it is, as the network tells: nobody can say it of himself."""

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from cantata.server.rate_limits.peers import TrustedHops, peer_of

PROXY, CLIENT, OTHER = "10.0.0.1", "203.0.113.9", "198.51.100.7"


async def seen(trusted: list[str], peer: str, **headers: str) -> Scope:
    """Return the request as it is passed on."""
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)

    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    nothing: Any = None
    scope = {"type": "http", "client": (peer, 4711), "scheme": "http", "headers": told}
    await TrustedHops(app, trusted)(scope, nothing, nothing)
    return found[0]


@pytest.mark.parametrize(
    ("trusted", "headers", "client"),
    [
        ([], {"x_forwarded_for": CLIENT}, PROXY),
        ([], {"forwarded": f"for={CLIENT}"}, PROXY),
        (["192.0.2.0/24"], {"x_forwarded_for": CLIENT}, PROXY),
        ([PROXY], {"x_forwarded_for": CLIENT}, CLIENT),
        ([PROXY], {"x_forwarded_for": f"{OTHER}, {CLIENT}"}, CLIENT),
        (["10.0.0.0/8"], {"x_forwarded_for": f"{OTHER}, {CLIENT}, 10.9.9.9"}, CLIENT),
        ([PROXY], {"x_forwarded_for": f"{OTHER}, 10.9.9.9"}, "10.9.9.9"),
        ([PROXY], {"x_forwarded_for": f"{CLIENT}:5000"}, CLIENT),
        ([PROXY], {"x_forwarded_for": "[2001:db8::1]:5000"}, "2001:db8::1"),
        ([PROXY], {"x_forwarded_for": f"::ffff:{CLIENT}"}, CLIENT),
        ([PROXY], {"x_forwarded_for": "unknown"}, PROXY),
        ([PROXY], {"x_forwarded_for": f"{CLIENT}, nonsense"}, PROXY),
        ([PROXY], {"x_forwarded_for": ""}, PROXY),
        ([PROXY], {"x_forwarded_for": PROXY}, PROXY),
        ([PROXY], {"forwarded": f'for="{CLIENT}:80";proto=https'}, CLIENT),
        ([PROXY], {"forwarded": f'for={OTHER}, by=x;FOR="[2001:db8::1]:80"'}, "2001:db8::1"),
        ([PROXY], {"forwarded": "for=_hidden"}, PROXY),
        ([PROXY], {"x_forwarded_for": CLIENT, "forwarded": f"for={CLIENT}"}, CLIENT),
        ([PROXY], {"x_forwarded_for": CLIENT, "forwarded": f"for={OTHER}"}, PROXY),
        (["::1"], {"x_forwarded_for": CLIENT}, PROXY),
    ],
)
async def test_a_client_is_named_by_trusted_hops_alone(
    trusted: list[str], headers: dict[str, str], client: str
) -> None:
    assert (await seen(trusted, PROXY, **headers))["client"][0] == client


@pytest.mark.parametrize(
    ("trusted", "told", "scheme"),
    [
        ([], "https", "http"),
        ([PROXY], "https", "https"),
        ([PROXY], "http, https", "https"),
        ([PROXY], "gopher", "http"),
    ],
)
async def test_the_scheme_is_told_by_trusted_hops_alone(trusted: list[str], told: str, scheme: str) -> None:
    assert (await seen(trusted, PROXY, x_forwarded_proto=told))["scheme"] == scheme


@pytest.mark.parametrize(
    ("client", "key"),
    [
        (("203.0.113.9", 1), "203.0.113.9"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("::ffff:203.0.113.9", 1), "203.0.113.9"),
        (("::1", 1), "::/64"),
        (("testclient", 1), "testclient"),
        (None, ""),
    ],
)
def test_a_peer_is_its_address_or_its_homes_network(client: tuple[str, int] | None, key: str) -> None:
    """Whoever has an IPv6 address has 2**64 of them."""
    assert peer_of({"type": "http", "client": client}) == key
