"""What every request passes before it is routed: the rules of an open server, and the size of the body.

Pure ASGI, because a `BaseHTTPMiddleware` costs a stream a fifth of its time.
"""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cantata.server.errors import BodyTooLarge, CantataError, CrossSite, HostNotAllowed, UnsupportedMediaType
from cantata.server.problems import problem
from cantata.server.runs import links

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
PAGES = frozenset({"/", "/docs"})  # what a link on another site may open
DISCARD_SECONDS = 10.0  # how long a refused upload is read on, so that its client can read the answer
DISCARD_FACTOR = 64  # times the limit: what is read on at most


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
        return not (is_link and scope["path"].removeprefix(scope.get("root_path", "")) in PAGES)


class Addressed:
    """Lets links to runs begin with the path under which the application is mounted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, in whose context links are made."""
        links.root.set(scope.get("root_path", "").rstrip("/"))
        await self._app(scope, receive, send)


class BodyLimit:
    """Answers 413 to a body over the limit, also when its length is not announced."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on while it is small enough."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("content-encoding", "identity").strip().lower() != "identity":
            sentence = "Send the body as it is: one that is compressed, with a `Content-Encoding`, is not taken."
            await problem(UnsupportedMediaType(sentence))(scope, receive, send)
            return
        told = headers.get("content-length", "0")
        if told.isdigit() and int(told) > self._max_bytes:
            await self._refuse(receive, send)
        elif "transfer-encoding" in headers or not told.isdigit():
            await self._pass_on(scope, receive, send)
        else:  # the server holds the client to the length it told, so nothing needs counting
            await self._app(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        has_answered = False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_bytes:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal has_answered
            if received <= self._max_bytes:  # FastAPI makes a 400 of what `counted` raises
                has_answered = True
                await send(message)

        with suppress(_TooLarge):
            await self._app(scope, counted, noted)
        if received > self._max_bytes and not has_answered:
            await self._refuse(receive, send)

    async def _refuse(self, receive: Receive, send: Send) -> None:
        """Answer at once, then read on: closing under an upload would destroy the answer on its way."""
        response = problem(
            BodyTooLarge(f"The body is larger than {self._max_bytes} bytes: send less, or raise MAX_BODY_BYTES.")
        )
        headers = [*response.raw_headers, (b"connection", b"close")]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": True})
        left = self._max_bytes * DISCARD_FACTOR
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                while left > 0 and (message := await receive()).get("more_body", False):
                    left -= len(message.get("body", b""))
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _TooLarge(Exception):
    """The body has passed the limit."""


def _name_of(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:  # a bracket without its other half
        return ""
