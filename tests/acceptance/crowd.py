"""Many readers of one run in one thread, some of which stop to read for a while."""

import hashlib
import selectors
import socket
import time
from collections.abc import Iterable
from typing import Self

import httptools

from tests.server_process import HANG_SECONDS, ServerProcess

WINDOW_BYTES = 32_768  # of a reader's socket, so that little of a frozen reader's stream lies in the kernel
READ_BYTES = 262_144


class CrowdReader:
    """One connection: a digest of what it said, and its longest silence."""

    def __init__(self, server: ServerProcess, path: str) -> None:
        self.is_over = False
        self.longest_silence_seconds = 0.0
        self.body_bytes = 0
        self._digest = hashlib.sha256()
        self._heard_at = time.monotonic()
        self._parser = httptools.HttpResponseParser(self)
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
        self.socket.connect(("127.0.0.1", server.port))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n".encode())
        self.socket.setblocking(False)

    @property
    def digest(self) -> str:
        """Name what was read so far."""
        return self._digest.hexdigest()

    def on_body(self, data: bytes) -> None:
        """Take in a piece of the stream, as the parser finds it."""
        self._digest.update(data)
        self.body_bytes += len(data)

    def on_message_complete(self) -> None:
        """Note that the answer ended as it should."""
        self.is_over = True

    def read(self) -> None:
        """Take what is there."""
        data = self.socket.recv(READ_BYTES)
        assert data, "the connection was cut"
        now = time.monotonic()
        self.longest_silence_seconds = max(self.longest_silence_seconds, now - self._heard_at)
        self._heard_at = now
        self._parser.feed_data(data)

    def begin_anew(self) -> None:
        """Measure silence from now on."""
        self.longest_silence_seconds, self._heard_at = 0.0, time.monotonic()


class Crowd:
    """Readers that are read by turns."""

    def __init__(self, server: ServerProcess, paths: Iterable[str]) -> None:
        self.readers = [CrowdReader(server, path) for path in paths]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for reader in self.readers:
            reader.socket.close()

    def read(self, readers: list[CrowdReader], least_bytes: float = float("inf")) -> float:
        """Let *readers* read until each is over or has so many bytes; return the longest silence of one, in seconds."""
        deadline = time.monotonic() + 4 * HANG_SECONDS
        for reader in readers:
            reader.begin_anew()
        with selectors.DefaultSelector() as selector:
            behind = {reader for reader in readers if not reader.is_over}
            for reader in behind:
                selector.register(reader.socket, selectors.EVENT_READ, reader)
            while behind:
                assert time.monotonic() < deadline, f"{len(behind)} readers got no further"
                for key, _ in selector.select(1):
                    reader = key.data
                    reader.read()
                    if reader.is_over:
                        selector.unregister(reader.socket)
                    if reader.is_over or reader.body_bytes >= least_bytes:
                        behind.discard(reader)
        return max(reader.longest_silence_seconds for reader in readers)
