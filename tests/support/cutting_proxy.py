"""A TCP proxy on loopback that treats connections badly: it refuses, cuts, delays, splits and gathers.

Knows nothing of HTTP, so a cut falls wherever it falls: before the first byte, in the middle of a header, in a frame.
"""

import asyncio
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Self

READ_BYTES = 65_536
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close sends RST, not FIN


@dataclass(frozen=True)
class Fate:
    """What becomes of one connection."""

    is_refused: bool = False
    """It is closed before the request goes through."""
    cut_after_bytes: int | None = None
    """Bytes of the answer that the client gets; None for all, 0 when only the request goes through."""
    cut_where: Callable[[bytes], int | None] | None = None
    """Looks at the answer so far and says after how many bytes to cut; None to go on."""
    is_reset: bool = False
    """The cut is rude: the client may lose bytes that were sent."""
    piece_bytes: int = READ_BYTES
    """Longest write to the client."""
    pause_seconds: float = 0.0
    """Before each write; what comes meanwhile is sent as one."""


UNHARMED = Fate()


def storm(seed: int, cuts: int, longest_bytes: int = 4_000, first_bytes: int = 0) -> Iterator[Fate]:
    """Draw the fates of *cuts* connections; the first one lives for *first_bytes* at least, later ones are unharmed."""
    draw = random.Random(seed)
    for number in range(cuts):
        least = first_bytes if number == 0 else 0
        yield Fate(
            is_refused=not least and draw.random() < 0.1,
            cut_after_bytes=least + draw.choice([0, draw.randint(1, 400), draw.randint(400, longest_bytes)]),
            is_reset=not least and draw.random() < 0.3,
            piece_bytes=draw.choice([1, 7, READ_BYTES]),
            pause_seconds=draw.choice([0.0, 0.0, 0.02]),
        )


class CuttingProxy:
    """Passes connections on to a port of this machine; each has the next of the fates, later ones none."""

    def __init__(self, port: int, fates: Iterable[Fate] = ()) -> None:
        self.connections = 0
        self.cuts = 0
        self._target = port
        self._fates = iter(fates)
        self._port = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._is_up = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_up.wait(5)
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5)
        assert not self._thread.is_alive()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=READ_BYTES)
        self._port = server.sockets[0].getsockname()[1]
        self._is_up.set()
        await self._stop.wait()
        server.close()

    async def _meet(self, request: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.connections += 1
        fate = next(self._fates, UNHARMED)
        try:
            if not fate.is_refused:
                await self._pass_on(fate, request, client)
        except (OSError, asyncio.IncompleteReadError):
            pass  # one of the two is gone: so is the connection
        finally:
            self._cut(client, fate)

    async def _pass_on(self, fate: Fate, request: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        answer, server = await asyncio.open_connection("127.0.0.1", self._target, limit=READ_BYTES)
        try:
            async with asyncio.TaskGroup() as group:
                asking = group.create_task(_pump(request, server))
                await self._answer(fate, answer, client)
                asking.cancel()
        except* OSError:
            pass
        finally:
            server.transport.abort()

    async def _answer(self, fate: Fate, answer: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        left = fate.cut_after_bytes
        seen = b""
        while data := await answer.read(READ_BYTES if fate.cut_after_bytes != 0 else 1):
            if fate.cut_where is not None:
                sent, seen = len(seen), seen + data
                where = fate.cut_where(seen)
                left = None if where is None else max(where - sent, 0)
            sendable = data if left is None else data[:left]
            for at in range(0, len(sendable), fate.piece_bytes):
                client.write(sendable[at : at + fate.piece_bytes])
                await client.drain()
            if left is not None:
                left -= len(sendable)
                if left <= 0:
                    self.cuts += 1
                    return
            await asyncio.sleep(fate.pause_seconds)

    def _cut(self, client: asyncio.StreamWriter, fate: Fate) -> None:
        if fate.is_reset:
            client.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.close()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(READ_BYTES):
        target.write(data)
        await target.drain()
    raise ConnectionResetError("the client is gone")
