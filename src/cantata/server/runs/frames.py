"""Events as the bytes that everybody gets: the log, every reader and every replay share one encoding.

A frame is `id`, `event` and `data` lines and a blank one. JSON escapes every line end, so frames can be cut apart at
the blank lines alone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cantata.callbacks.events import (
    TERMINAL_TYPES,
    TYPE_NAMES,
    AgentThinking,
    MessageDelta,
    StoredEvent,
    WorkflowInterrupted,
    decode,
    encode,
    numbered,
)
from cantata.server.runs.ids import RunId

PIECE_BYTES = 65_536  # of frames that are stored, pushed and sent as one, but for a single larger event

_END = b"\n\n"
_DATA = b"\ndata: "
_EVENT = b"\nevent: "
_TERMINAL_NAMES = tuple(TYPE_NAMES[kind].encode() for kind in TERMINAL_TYPES)
_RESTING_NAMES = (*_TERMINAL_NAMES, TYPE_NAMES[WorkflowInterrupted].encode())
_TEXT_LINES = tuple(b"\nevent: %s\n" % TYPE_NAMES[kind].encode() for kind in (MessageDelta, AgentThinking))
_NAMES = {kind: name.encode() for kind, name in TYPE_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Frames:
    """Consecutive events of one run's log, encoded."""

    first_seq: int
    last_seq: int
    data: bytes

    @property
    def is_end(self) -> bool:
        """Tell whether the last event is terminal."""
        return self._ends_with(_TERMINAL_NAMES)

    @property
    def is_rest(self) -> bool:
        """Tell whether the last event is terminal, or waits for a human."""
        return self._ends_with(_RESTING_NAMES)

    @property
    def is_text(self) -> bool:
        """Tell whether all events are pieces of text."""
        # JSON escapes line ends, so nothing a run says can look like a frame's line.
        return sum(map(self.data.count, _TEXT_LINES)) == self.last_seq - self.first_seq + 1

    def after(self, seq: int) -> "Frames":
        """Return what follows *seq*, which lies inside or before these frames."""
        if seq < self.first_seq:
            return self
        at = 0
        for _ in range(seq - self.first_seq + 1):
            at = self.data.index(_END, at) + len(_END)
        return Frames(seq + 1, self.last_seq, self.data[at:])

    def _ends_with(self, names: tuple[bytes, ...]) -> bool:
        return self.data.startswith(names, self.data.rfind(_EVENT) + len(_EVENT))

    def payloads(self) -> Iterator[bytes]:
        """Yield each event's JSON."""
        for frame in self.data.split(_END)[:-1]:
            yield frame[frame.index(_DATA) + len(_DATA) :]

    def events(self) -> Iterator[StoredEvent]:
        """Yield the events."""
        return map(decode, self.payloads())


class FrameWriter:
    """Numbers and encodes the events of one run, in order."""

    def __init__(self, run_id: RunId, last_seq: int = 0) -> None:
        self.last_seq = last_seq
        self._prefix = b"id: evt_" + run_id[3:].encode() + b"_"

    def write(self, events: Iterable[StoredEvent]) -> list[Frames]:
        """Give *events* the next numbers and encode them once and for all, in pieces that a slow reader can hold."""
        pieces: list[Frames] = []
        first, parts, size = self.last_seq + 1, [], 0
        for event in events:
            self.last_seq += 1
            numbered(event, self.last_seq)
            parts.append(
                b"%s%d\nevent: %s\ndata: %s\n\n" % (self._prefix, self.last_seq, _NAMES[type(event)], encode(event))
            )
            size += len(parts[-1])
            if size >= PIECE_BYTES:
                pieces.append(Frames(first, self.last_seq, b"".join(parts)))
                first, parts, size = self.last_seq + 1, [], 0
        if parts:
            pieces.append(Frames(first, self.last_seq, b"".join(parts)))
        return pieces


def joined(frames: Sequence[Frames]) -> Frames:
    """Join consecutive frames."""
    if len(frames) == 1:
        return frames[0]
    return Frames(frames[0].first_seq, frames[-1].last_seq, b"".join(f.data for f in frames))
