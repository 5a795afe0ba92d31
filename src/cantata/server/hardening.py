"""What every answer tells a browser to refuse, unless the answer says it itself."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# What is no page loads nothing and is shown in no frame; a page brings a policy of its own.
CONTENT_POLICY = b"default-src 'none'; frame-ancestors 'none'"

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", CONTENT_POLICY),
    # Which origins may read an answer is for CORS to say; this keeps others from embedding it without asking.
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class SecurityHeaders:
    """Pure ASGI, and the outermost layer, so that refusals have them, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = secured(message.get("headers", ()))
            await send(message)

        await self._app(scope, receive, completed)


def secured(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Add what *headers* do not tell."""
    told = list(headers)
    names = {name.lower() for name, _ in told}
    return told + [(name, value) for name, value in _ALWAYS if name not in names]
