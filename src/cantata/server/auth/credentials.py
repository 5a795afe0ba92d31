"""What a credential told, however it came; and where it stands in a request."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from cantata.server.auth.cookies import cookie_in
from cantata.server.auth.principal import Principal
from cantata.server.errors import Unauthenticated
from cantata.server.runs.ids import RunId

MAX_CHARS = 8_192  # of a token: more than any issuer makes

_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/=-]+) *")


@dataclass(frozen=True, kw_only=True)
class Told:
    """Who a credential names, and for how long."""

    principal: Principal
    expires_at: float | None = None
    """Unix seconds."""
    key_id: str | None = None
    """The API key that it is, or was issued with: it ends when that is revoked."""
    run_id: RunId | None = None
    """The only run that it opens."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """The credentials of a request, as they stand there."""

    bearer: str | None = None
    key: str | None = None
    cookie: str | None = None


def sent_in(headers: Iterable[tuple[bytes, bytes]], login_cookie: str) -> Sent | None:
    """Find the credentials among the headers; None when there are none. The cookie is that of this name.

    Raises:
        Unauthenticated: a header of them is there twice, or cannot be read.
    """
    found: dict[str, str] = {}
    for name, value in headers:
        if name in (b"authorization", b"x-api-key"):
            if name.decode() in found or len(value) > MAX_CHARS:
                raise Unauthenticated
            found[name.decode()] = value.decode("latin-1")
        elif name == b"cookie" and login_cookie.encode() in value:
            found["cookie"] = cookie_in(value.decode("latin-1"), login_cookie) or ""
    if not found:
        return None
    bearer = found.get("authorization")
    return Sent(
        bearer=None if bearer is None else _token_in(bearer),
        key=found.get("x-api-key"),
        cookie=found.get("cookie") or None,
    )


def _token_in(header: str) -> str:
    match = _BEARER.fullmatch(header)
    if match is None:
        raise Unauthenticated
    return match[1]
