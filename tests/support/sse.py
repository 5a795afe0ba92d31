"""A reader of server-sent events, after the rules of the WHATWG's HTML standard and nothing else.

It takes bytes as they come, in pieces of any size, and knows nothing of Cantata.
"""

import codecs
import re
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Message:
    """What a browser's listener would get."""

    name: str
    data: str
    last_event_id: str
    has_id: bool
    """Its own frame brought the id."""


@dataclass
class EventSource:
    """The parsing half of a browser's `EventSource`."""

    messages: list[Message] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    """Lines whose field the standard ignores."""
    last_event_id: str = ""
    """What it would send when it connects again."""
    retry: int | None = None

    def __post_init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        self._is_at_start = True
        self._text = ""
        self._forget()
        self._id = self.last_event_id

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        self._text += self._decoder.decode(data)
        if self._is_at_start and self._text:
            self._text = self._text.removeprefix("\ufeff")
            self._is_at_start = False
        while end := _LINE_END.search(self._text):
            if end[0] == "\r" and end.end() == len(self._text):
                return  # the other half of a CRLF may follow
            line, self._text = self._text[: end.start()], self._text[end.end() :]
            self._take(line)

    def _take(self, line: str) -> None:
        if not line:
            self._dispatch()
            return
        name, colon, value = line.partition(":")
        if colon and not name:
            self.comments.append(value)
            return
        self._set(name, value.removeprefix(" "), line)

    def _set(self, name: str, value: str, line: str) -> None:
        match name:
            case "event":
                self._name = value
            case "data":
                self._data += value + "\n"
            case "id" if "\0" not in value:
                self._id, self._has_id = value, True
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value)
            case _:
                self.unknown.append(line)

    def _dispatch(self) -> None:
        self.last_event_id = self._id
        if self._data:
            name, data = self._name or "message", self._data.removesuffix("\n")
            self.messages.append(Message(name, data, self.last_event_id, self._has_id))
        self._forget()

    def _forget(self) -> None:
        self._name, self._data, self._has_id = "", "", False


def read(stream: bytes) -> EventSource:
    """Read a whole stream."""
    source = EventSource()
    source.feed(stream)
    return source
