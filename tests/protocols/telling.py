"""What a client of each format ends up with, worked out from the frames that it got or from the log itself."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from msgspec import UNSET

from cantata.callbacks.events import MessageComplete, MessageDelta, MessageStart, StoredEvent, WorkflowStarted
from cantata.server.protocols.projected import ProjectedLog
from cantata.server.protocols.view import View
from cantata.server.runs.fold import fold
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import Cursor, RunId, cursor_of
from tests.support.logs import RUN, frames_of
from tests.support.sse import EventSource, Message, read

VIEWS = {
    "reasoning": View(),
    "compat": View(format="compat"),
    "compat with tokens": View(format="compat", has_tokens=True),
    "chunks": View(format="chunks"),
    "session": View(format="session"),
}
TEXTUAL = ("compat", "chunks")
"""Views that tell the answer's text alone."""

Texts = dict[str | None, str]
"""The answer's text for each model; for None when there is but one."""


def told(frames: Frames, view: View, after: int = 0, run_id: RunId = RUN) -> bytes:
    """Tell a whole log to somebody who has seen it up to *after*, by a fold of their own."""
    log = ProjectedLog(run_id, view.projection("s1"), keeps_words=view.is_merging)
    return log.data(frames, after, view)


def told_trimmed(events: Sequence[StoredEvent], to_seq: int, view: View, after: int) -> bytes:
    """Tell a log of which the events up to *to_seq* are gone to somebody who has seen it up to *after*."""
    log = ProjectedLog(RUN, view.projection("s1"), to_seq, keeps_words=view.is_merging)
    log.catch_up(fold(frames_of(events).events()))
    return log.prelude(view) + log.data(frames_of(events[to_seq:], after=to_seq), max(after, to_seq), view)


def opening(after: int = 0) -> bytes:
    """Write the first bytes of a stream."""
    return f"retry: 1000\nid: {Cursor(RUN, after)}\n\n".encode()


def position(source: EventSource) -> int:
    """Return the place from which a client goes on."""
    cursor = cursor_of(source.last_event_id)
    return cursor.seq if cursor else 0


def messages(stream: bytes) -> list[Message]:
    """Return what a listener would get of a stream."""
    return read(stream).messages


def sure(seen: Sequence[Message]) -> list[Message]:
    """Drop what a client gets again: the frames of an event whose last one has not come."""
    count = next((n for n in range(len(seen), 0, -1) if seen[n - 1].has_id), 0)
    return list(seen[:count])


class Page:
    """A page that shows the answer of `chunks` or `compat`, as its author would write it."""

    def __init__(self) -> None:
        self.texts: defaultdict[str | None, str] = defaultdict(str)
        self.indexes: defaultdict[str | None, list[int]] = defaultdict(list)
        self.tokens: defaultdict[str | None, str] = defaultdict(str)
        self.end: Any = None

    def show(self, message: Message) -> None:
        """Take a frame."""
        data = json.loads(message.data)
        model = data.get("model")
        if "reset" in data:
            self.texts[model], self.tokens[model] = "", ""
        elif "chunk" in data:
            self.texts[model] += data["chunk"]
            self.indexes[model].append(data["index"])
        elif "token" in data:
            self.tokens[model] += data["token"]
        elif "complete" in data or message.name in ("complete", "error"):
            self.end = data


def shown(told: Sequence[Message]) -> Page:
    """Show all of *told*."""
    page = Page()
    for message in told:
        page.show(message)
    return page


def standing_texts(events: Sequence[StoredEvent]) -> Texts:
    """Return the answer's words that can be shown so far, as a reader of the events works them out.

    No repetition made them void, and no message before theirs is still being said: messages come one after another, in
    the order in which they began to be said.
    """
    first = events[0]
    assert isinstance(first, WorkflowStarted)
    paths = [[]] if first.answer_nodes is UNSET else first.answer_nodes
    models = (first.metadata or {}).get("models") or [None] * len(paths)
    void = {message["message_id"]: message["void"] for message in fold(events)["messages"]}
    model_of: dict[str, Any] = {}
    said: dict[Any, dict[str, str]] = {}
    ended = set()
    for event in events:
        if isinstance(event, MessageStart) and not void[event.message_id]:
            at = next((n for n, path in enumerate(paths) if event.path[: len(path)] == path), None)
            model_of |= {} if at is None else {event.message_id: models[at]}
        if isinstance(event, MessageDelta) and event.message_id in model_of:
            texts = said.setdefault(model_of[event.message_id], {})
            texts[event.message_id] = texts.get(event.message_id, "") + event.delta
        if isinstance(event, MessageComplete):
            ended.add(event.message_id)
    return {model: "".join(_one_after_another(texts, ended)) for model, texts in said.items()}


def _one_after_another(texts: dict[str, str], ended: Collection[str]) -> Iterator[str]:
    for message_id, text in texts.items():
        yield text
        if message_id not in ended:
            return
