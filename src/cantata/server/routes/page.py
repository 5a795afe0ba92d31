"""The chat page: what `make web` built, told from memory under a strict content security policy.

The files are read once, so that a build under a running server never mixes its scripts with those of the old one.
Knows nothing of runs: the page is a client of the API like any other.
"""

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cantata.server.auth.policies import open_to_all

FOLDER = Path(__file__).parents[1] / "page"
INDEX = "index.html"
ICON = "icon.svg"
HASHED = "assets/"  # whatever lies there has a hash of its content in its name
YEAR_SECONDS = 31_536_000

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
SECURITY = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MEDIA_TYPES = {  # what is of another kind is not served
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}

_UNBUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Cantata</title>
<h1>Cantata</h1><p>The server runs; its page has not been built. In the repository: <code>make web</code>, then start
the server again.</p><ul><li><a href="%(root)s/docs">The API, to read and to try</a></li>
<li><a href="%(root)s/openapi.json">OpenAPI</a></li></ul></html>
"""

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class PageFile:
    """A file of the page as it is sent, plain and compressed."""

    path: str
    content: bytes
    compressed: bytes | None
    tag: str

    @classmethod
    def read(cls, folder: Path, file: Path) -> "PageFile":
        """Read *file*, whose address is its place in *folder*."""
        content = file.read_bytes()
        compressed = gzip.compress(content, mtime=0)
        is_shorter = len(compressed) < len(content)
        tag = hashlib.sha256(content).hexdigest()[:20]
        return cls(file.relative_to(folder).as_posix(), content, compressed if is_shorter else None, tag)

    @property
    def caching(self) -> str:
        """How long a browser may keep it without asking."""
        return f"public, max-age={YEAR_SECONDS}, immutable" if self.path.startswith(HASHED) else "no-cache"

    @open_to_all
    async def answer(self, request: Request) -> Response:
        """Send it, compressed to whom that is welcome, or say that it has not changed."""
        is_compressed = self.compressed is not None and "gzip" in request.headers.get("accept-encoding", "")
        tag = f'"{self.tag}-gzip"' if is_compressed else f'"{self.tag}"'
        headers = {**SECURITY, "Cache-Control": self.caching, "ETag": tag, "Vary": "Accept-Encoding"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if is_compressed:
            headers["Content-Encoding"] = "gzip"
        body = self.compressed if is_compressed else self.content
        return Response(body, headers=headers, media_type=MEDIA_TYPES[Path(self.path).suffix])


def page_routes(folder: Path = FOLDER) -> list[Route]:
    """Return a route for each file of the page; without the files one that says how to make them."""
    files = built(folder)
    if INDEX not in files:
        return [_route("/", _unbuilt)]
    routes = [_route("/" if path == INDEX else f"/{path}", file.answer) for path, file in files.items()]
    routes.append(_route("/ops", files[INDEX].answer))  # an address for operators to keep
    if ICON in files:  # what browsers ask for on pages without an icon of their own, such as an answer in JSON
        routes.append(_route("/favicon.ico", files[ICON].answer))
    return routes


@cache
def built(folder: Path) -> dict[str, PageFile]:
    """Read what was built, by path."""
    found = (file for file in sorted(folder.rglob("*")) if file.suffix in MEDIA_TYPES)
    return {file.path: file for file in (PageFile.read(folder, path) for path in found)}


def _route(path: str, endpoint: Endpoint) -> Route:
    return Route(path, endpoint, methods=["GET", "HEAD"], include_in_schema=False)


@open_to_all
async def _unbuilt(request: Request) -> Response:
    root = request.scope.get("root_path", "").rstrip("/")
    return HTMLResponse(_UNBUILT % {"root": root}, 503, SECURITY | {"Cache-Control": "no-cache"})
