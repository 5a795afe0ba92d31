"""The reading end of a log: live, late and resumed readers are this one loop.

    subscribe first ─▶ read the log after the cursor ─▶ take pushes while they follow without a gap
                              ▲                                      │
                              └────── a gap, or the window overflowed ┘

A slow reader costs its window and no more: when it overflows the reader goes back to the log.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId
from cantata.server.runs.ports.bus import Behind, Bus, Subscription
from cantata.server.runs.ports.event_log import EventLog

PAGE_BYTES = 65_536  # of the log, per read: what a reader that takes nothing holds, beside its window


@dataclass(frozen=True)
class Beat:
    """The stream has been silent for a heartbeat's time."""

    last_seq: int


@dataclass(frozen=True)
class Gap:
    """Retention has removed the events of these numbers."""

    from_seq: int
    to_seq: int


class Pulse(Protocol):
    """Tells a silent reader when to show that it lives, and every reader when to stop."""

    def is_due(self) -> bool:
        """Tell, once, that there was silence for long enough."""
        ...

    def is_over(self) -> bool:
        """Tell that the process closes its streams."""
        ...


Watch = Callable[[Subscription], AbstractContextManager[Pulse]]
"""Wakes a subscription when its pulse has something to tell."""


async def follow(
    log: EventLog, bus: Bus, run_id: RunId, after: int, watch: Watch
) -> AsyncGenerator[Frames | Beat | Gap]:
    """Yield the run's events after *after*, in order, until its terminal one; what retention removed is a `Gap`.

    Ends with the terminal event, when its pulse is over, or when closed: a run that waits for a human stays open.
    Ends without one where there is none any more: the run was deleted, or *after* is its end.
    """
    position = after
    with bus.subscribe(run_id) as pushes, watch(pushes) as pulse:
        is_behind, is_silent = True, False
        while True:
            if is_behind:
                page = await log.read(run_id, position, PAGE_BYTES)
                if page.oldest_seq > position + 1:
                    yield Gap(position + 1, page.oldest_seq - 1)
                    position = page.oldest_seq - 1
                frames = page.frames
                if frames is None and page.is_closed:
                    return
                if is_silent:
                    yield Beat(position)
                    is_silent = False
                is_behind = frames is not None and len(frames.data) >= PAGE_BYTES  # what came since was pushed
            else:
                frames, is_behind = _pushed(pushes, position)
                if is_behind:
                    continue
            if frames is not None:
                position = frames.last_seq
                yield frames
                await _pause(has_more=is_behind)
            elif not is_behind:
                await pushes.wait()
                is_silent = is_behind = pulse.is_due()  # the silence may be a push that was lost, or the run is gone
            if pulse.is_over() or (frames is not None and frames.is_end):
                return


async def _pause(*, has_more: bool) -> None:
    """Give others their turn: while a client takes all at once nothing else pauses between two pages."""
    if has_more:
        await asyncio.sleep(0)


def _pushed(pushes: Subscription, after: int) -> tuple[Frames | None, bool]:
    """Return what was pushed, and whether the log must be read for it."""
    try:
        return pushes.take(after), False
    except Behind:
        return None, True
