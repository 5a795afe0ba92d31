"""uvicorn's HTTP/1.1 protocol, which also cuts a client that takes nothing.

A close waits until what was written is sent, which such a client never lets happen; only an abort frees the socket
and what is buffered for it.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


def protocol_that_cuts_after(seconds: float) -> type[HttpToolsProtocol]:
    """Return a protocol class that aborts a connection whose client has taken nothing for *seconds*."""

    class CuttingProtocol(HttpToolsProtocol):
        _cut: asyncio.TimerHandle | None = None

        def pause_writing(self) -> None:
            super().pause_writing()
            self._cut = self.loop.call_later(seconds, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            self._stop_timer()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_timer()
            super().connection_lost(exc)

        def _stop_timer(self) -> None:
            if self._cut is not None:
                self._cut.cancel()
                self._cut = None

    return CuttingProtocol
