"""A Gemini API for tests: it gives scripted answers, byte for byte, in the order of the requests."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HAND_MADE = Path(__file__).parent / "recordings"


@dataclass(frozen=True)
class Scripted:
    """One answer: its pieces are sent one by one; after the last it `hangs`, or is `cut` in the midst of a chunk."""

    pieces: Sequence[bytes]
    status: int = 200
    content_type: str = "text/event-stream"
    hangs: bool = False
    cut: bool = False


def replayed(path: Path, *, status: int | None = None) -> Scripted:
    """Answer with the bytes of a file; an error's body says its status."""
    body = path.read_bytes()
    if path.suffix == ".sse":
        return Scripted([body], status or 200)
    error = json.loads(body).get("error", {})
    return Scripted([body], status or error.get("code", 200), "application/json; charset=UTF-8")


def hand_made(name: str) -> Scripted:
    """Answer with one of the hand-made files."""
    return replayed(HAND_MADE / name)


def events(*bodies: dict[str, Any], hangs: bool = False) -> Scripted:
    """Stream these bodies."""
    return Scripted([f"data: {json.dumps(body)}\r\n\r\n".encode() for body in bodies], hangs=hangs)


def said(*parts: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    """Make the body of one candidate with these parts."""
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-2.5-flash"}


@dataclass
class GeminiServer:
    """The running server: what it will say, and what it was asked."""

    url: str = ""
    script: list[Scripted] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first request."""
    cut: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a client leaves an answer that hangs."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, one request."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:  # the client's time ran out while it connected
            writer.close()
            return
        length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length"))
        self.paths.append(head.split()[1])
        self.requests.append(json.loads(await reader.readexactly(int(length.split(":")[1]))))
        self.asked.set()
        answer = self.script.pop(0)
        writer.write(f"HTTP/1.1 {answer.status} X\r\ncontent-type: {answer.content_type}\r\n".encode())
        # A length that is not reached is how a client sees that a connection was cut.
        writer.write(b"content-length: 99999\r\n\r\n" if answer.cut else b"connection: close\r\n\r\n")
        for piece in answer.pieces:
            writer.write(piece)
            await writer.drain()
        if answer.hangs:
            await reader.read()  # until the client closes
            self.cut.set()
        writer.close()


@asynccontextmanager
async def gemini_server() -> AsyncIterator[GeminiServer]:
    """Run the server on a free port."""
    server = GeminiServer()
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server
