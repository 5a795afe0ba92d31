"""What every request passes before it is routed: the rules of an open server, and the size of the body.

Pure ASGI, because a `BaseHTTPMiddleware` costs a stream a fifth of its time.
"""

import asyncio
import re
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantata.server.errors import BodyTooLarge, CantataError, CrossSite, HostNotAllowed, UnsupportedMediaType
from cantata.server.paths import path_of
from cantata.server.problems import problem
from cantata.server.runs import links

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
PAGES = frozenset({"/", "/docs"})  # what a link on another site may open
READING = frozenset({"POST", "PUT", "PATCH"})  # methods of routes that read a body
DISCARD_SECONDS = 10.0  # how long a refused upload is read on, so that its client can read the answer
DISCARD_FACTOR = 64  # times the limit: what is read on at most

_LENGTH = re.compile(r"[0-9]{1,18}")


class OpenServerGuard:
    """Keeps the pages of other sites away from a server that asks for no credential.

    The name in `Host` must be ours, or a page could reach us under its own name (DNS rebinding); the page that sends
    must be ours or allowed; and a body must be JSON, which no form can send.
    """

    def __init__(self, app: ASGIApp, allowed_hosts: Collection[str], cors_origins: Collection[str]) -> None:
        self._app = app
        self._hosts = LOCAL_HOSTS | {host.lower() for host in allowed_hosts}
        self._origins = frozenset(cors_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer why not."""
        error = self._refusal(scope) if scope["type"] == "http" else None
        if error is not None:
            await problem(error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refusal(self, scope: Scope) -> CantataError | None:
        headers = Headers(scope=scope)
        if _name_of(headers.get("host", "")) not in self._hosts:
            return HostNotAllowed()
        if self._is_cross_site(scope, headers):
            return CrossSite()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return UnsupportedMediaType() if has_body and kind != "application/json" else None

    def _is_cross_site(self, scope: Scope, headers: Headers) -> bool:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is not None and origin in self._origins:
            return False
        if origin is not None and origin != f"{scope['scheme']}://{headers.get('host', '')}":
            return True
        if site in (None, "same-origin", "none"):
            return False
        is_link = headers.get("sec-fetch-mode") == "navigate" and scope["method"] == "GET"
        return not (is_link and path_of(scope) in PAGES)


class Addressed:
    """Lets links to runs begin with the path under which the application is mounted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, in whose context links are made."""
        links.root.set(scope.get("root_path", "").rstrip("/"))
        await self._app(scope, receive, send)


class BodyLimit:
    """Answers 413 to a body over the limit, also when its length is not announced, and 415 to one that is compressed.

    Where a route reads a body, it has decided before whether the caller may do what they ask, and 403 and 404 go first.
    """

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, with as much of its body as may be read."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = _announced(scope, headers)
        refusal = self._refusal(headers, length)
        if refusal is not None and scope["method"] not in READING:
            await self._refuse(refusal, scope, receive, send)
        elif refusal is not None or length is None:
            await self._pass_on(refusal, scope, receive, send)
        else:  # the server holds the client to the length it told, so nothing needs counting
            await self._app(scope, receive, send)

    def _refusal(self, headers: Headers, length: int | None) -> CantataError | None:
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            return UnsupportedMediaType(
                "Send the body as it is: compressed, with a `Content-Encoding`, it is not taken."
            )
        return self._too_large() if length is not None and length > self._max_bytes else None

    def _too_large(self) -> CantataError:
        return BodyTooLarge(f"The body is larger than {self._max_bytes} bytes: send less, or raise MAX_BODY_BYTES.")

    async def _pass_on(self, refusal: CantataError | None, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application read until the body is refused; for it the client is gone then, whatever it answers."""
        received = 0
        is_refused = has_answered = False

        async def bounded() -> Message:
            nonlocal received, is_refused
            message = {"type": "http.disconnect"} if refusal else await receive()
            received += len(message.get("body", b""))
            is_refused = is_refused or refusal is not None or received > self._max_bytes
            return {"type": "http.disconnect"} if is_refused else message

        async def noted(message: Message) -> None:
            nonlocal has_answered
            if has_answered or not is_refused:
                has_answered = True
                await send(message)

        await self._app(scope, bounded, noted)
        if is_refused and not has_answered:
            await self._refuse(refusal or self._too_large(), scope, receive, send)

    async def _refuse(self, error: CantataError, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once, then read on: closing under an upload would destroy the answer on its way."""
        scope["problem"] = error.code
        response = problem(error)
        headers = [*response.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        left = self._max_bytes * DISCARD_FACTOR
        with suppress(TimeoutError):
            async with asyncio.timeout(DISCARD_SECONDS):
                while left > 0 and (message := await receive()).get("more_body", False):
                    left -= len(message.get("body", b""))
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _announced(scope: Scope, headers: Headers) -> int | None:
    """Return how long the body is said to be; None where nobody is held to it, as in HTTP/2 who says nothing."""
    is_bounded = "transfer-encoding" not in headers and scope["http_version"].startswith("1.")
    told = headers.get("content-length", "0" if is_bounded else "")
    return int(told) if is_bounded and _LENGTH.fullmatch(told) else None


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:  # a bracket without its other half
        return ""
