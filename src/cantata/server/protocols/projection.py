"""What a wire format is: a fold over a run's log that tells each event in words of its own, or not at all.

It never asks the time, the reader or the run's row: who resumes gets what somebody got who never left.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Protocol

import msgspec

from cantata.callbacks.events import TYPE_NAMES, MessageDelta, StoredEvent

TEXT = TYPE_NAMES[MessageDelta]

encode_json = msgspec.json.Encoder().encode


class Piece(NamedTuple):
    """What a frame tells of a text that comes in pieces; neighbours of one key can be told as one."""

    key: Hashable
    text: str
    write: Callable[[str], bytes]
    """Writes the frame's JSON for any text in this one's place."""


class Word(NamedTuple):
    """A frame without its id; an unnamed one reaches a browser's `onmessage`."""

    name: str | None
    payload: bytes
    piece: Piece | None = None
    event_type: str | None = None
    """Of the events whose word it is, where it may come with another one: text that was held back, or is told again."""

    def frame(self) -> bytes:
        """Write the frame, but for its id."""
        head = b"" if self.name is None else b"event: %s\n" % self.name.encode()
        return b"%sdata: %s\n\n" % (head, self.payload)


def a_piece(
    name: str | None, key: Hashable, text: str, write: Callable[[str], bytes], event_type: str | None = None
) -> Word:
    """Make the word of a piece of text."""
    return Word(name, write(text), Piece(key, text, write), event_type)


class Projection(Protocol):
    """One run's log in one format."""

    remembers: ClassVar[bool]
    """What it says of an event depends on those before, so it must hear them all."""

    def tell(self, event: StoredEvent) -> Sequence[Word]:
        """Take in the log's next event and say it; of several frames the last one carries the event's id."""
        ...

    def catch_up(self, workflow: Mapping[str, Any]) -> Sequence[Word]:
        """Begin with the fold of an ended run whose log has lost its beginning; say what a reader may have missed."""
        ...
