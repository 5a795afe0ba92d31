"""A run told to one reader, as the bytes of a stream.

log ─▶ follow ─┬─ plain ─────────▶ the log's own bytes
               └─ any other view ▶ a projection, shared by the readers of its format ─▶ this reader's selection
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress

from cantata.server.errors import WorkflowNotFound
from cantata.server.protocols.projected import Overtaken, ProjectedLog, Projections
from cantata.server.protocols.view import View
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import Cursor, RunId
from cantata.server.runs.model import Run
from cantata.server.runs.reader import Beat, Gap
from cantata.server.runs.service import RunService
from cantata.server.sse import RETRY, Grant, Pulse, Streams, frame_of

Following = Callable[[RunId], Awaitable[Run | None]]
"""Names the run that is told after that one, if there is any."""

COMMENT = b": heartbeat\n\n"  # keeps a connection alive and reaches no listener


class Telling:
    """Tells runs."""

    def __init__(self, service: RunService, streams: Streams, projections: Projections | None = None) -> None:
        self._service = service
        self._streams = streams
        self._projections = Projections() if projections is None else projections

    async def run(
        self, run: Run, after: int, view: View, following: Following | None = None, *, grant: Grant | None = None
    ) -> AsyncGenerator[bytes]:
        """Tell *run* after the event *after*, until its terminal event, then the runs that *following* names.

        Ends early when the process closes its streams, and with `auth_expired` when *grant* does.
        """
        metrics, opened = self._streams.metrics, time.perf_counter()
        if after:
            metrics.resumes.inc()
        reader = _Reader(run, after)
        del run  # it holds the input and the folded workflow, and a stream may be open for days
        yield RETRY + f"id: {reader.cursor}\n\n".encode()
        while True:
            pulse = self._streams.pulse(
                heartbeat_seconds=view.heartbeat_seconds, hold_seconds=view.coalesce_seconds, grant=grant
            )
            async with aclosing(self._told(reader, view, pulse)) as found:
                async for data in found:
                    if opened:
                        metrics.first_event.observe(time.perf_counter() - opened)
                        opened = 0.0
                    yield data
            if pulse.ended_because is not None:
                yield frame_of(self._service.auth_expired(reader.run_id, pulse.ended_because))
                return
            if self._streams.is_closed:
                yield RETRY + b"\n"
                return
            if following is None:
                return
            await asyncio.sleep(0)  # nothing else pauses between short runs while the client takes all at once
            if (then := await following(reader.run_id)) is None:
                return
            reader, then = _Reader(then, 0), None

    async def _told(self, reader: "_Reader", view: View, pulse: Pulse) -> AsyncGenerator[bytes]:
        pulse.reading = reader
        tell = self._plainly if view.is_plain else self._projected
        sent = self._streams.metrics.bytes_sent.labels(view.format)
        while True:
            try:
                async with aclosing(tell(reader, view, pulse)) as found:
                    async for data in found:
                        pulse.touch()
                        sent.inc(len(data))
                        yield data
            except Overtaken:
                continue
            return

    async def _plainly(self, reader: "_Reader", view: View, pulse: Pulse) -> AsyncGenerator[bytes]:
        async with aclosing(self._service.stream(reader.run_id, reader.position, pulse.watch)) as found:
            async for item in found:
                if isinstance(item, Frames):
                    reader.position = item.last_seq
                    yield item.data
                else:
                    yield await self._aside(item, reader, view)

    async def _projected(self, reader: "_Reader", view: View, pulse: Pulse) -> AsyncGenerator[bytes]:
        log, start = self._projections.open(reader.run_id, reader.session_id, view, reader.position)
        async with aclosing(self._service.stream(reader.run_id, start, pulse.watch)) as found:
            async for item in found:
                if isinstance(item, Frames):
                    before = log.position
                    data = log.data(item, reader.position, view)
                    reader.position = max(reader.position, item.last_seq)
                    if log.position != before:  # whoever folds looks for a log that is further on, or offers its own
                        log = self._projections.newest(reader.run_id, view, log)
                    if data:
                        yield data
                    continue
                if isinstance(item, Beat) or item.to_seq > reader.position:  # or what is gone was not asked for
                    yield await self._aside(item, reader, view)
                if isinstance(item, Gap):
                    before_gap, log = log, await self._over_gap(item, log, reader, view)
                    if log is not before_gap and (data := log.prelude(view)):
                        yield data

    async def _over_gap(self, gap: Gap, log: ProjectedLog, reader: "_Reader", view: View) -> ProjectedLog:
        """Return the log that goes on after *gap*: where that depends on what is gone, one that begins with the end."""
        if log.remembers and not log.is_trimmed:
            with suppress(WorkflowNotFound):  # deleted meanwhile: nothing follows
                workflow = await self._service.workflow(reader.owner, reader.run_id)
                return self._projections.trimmed(reader.run_id, reader.session_id, view, gap.to_seq, workflow)
        log.skip(gap.to_seq)
        return log

    async def _aside(self, item: Beat | Gap, reader: "_Reader", view: View) -> bytes:
        """Write what the stream itself has to say."""
        if isinstance(item, Gap):
            self._streams.metrics.gaps.inc()
            first, reader.position = reader.position + 1, item.to_seq
            gap = await self._service.gap(reader.owner, reader.run_id, first, item.to_seq)
            return frame_of(gap, Cursor(reader.run_id, item.to_seq))
        if view.format != "reasoning" or not view.tells("heartbeat"):
            return COMMENT
        return frame_of(await self._service.heartbeat(reader.owner, reader.run_id, reader.position))


class _Reader:
    """Who reads, and how far."""

    def __init__(self, run: Run, position: int) -> None:
        self.owner = run.owner
        self.run_id = run.id
        self.session_id = run.session_id
        self.position = position

    @property
    def cursor(self) -> Cursor:
        return Cursor(self.run_id, self.position)
