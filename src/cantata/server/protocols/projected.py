"""One run's log in one format, told once for all who read it.

    the log's frames ─▶ ProjectedLog: folds each event once, keeps the newest frames ─┬─▶ reader
                                                                                      ├─▶ reader
                                                                                      └─▶ reader

A reader who comes late, or who is too slow, folds the log for itself until it has caught up with the others. Where
retention has removed the log's beginning, the fold begins with the workflow that the run left.
"""

from collections import deque
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from cantata.callbacks.events import TYPE_NAMES
from cantata.server.protocols.projection import Piece, Projection, Word
from cantata.server.protocols.view import View
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import Cursor, RunId

WINDOW_BYTES = 262_144  # of memory, for those who are a little behind
TOLD_BYTES = 200  # that an event takes beside its frames, or without any; measured


class Told(NamedTuple):
    """What one event became, or those of its words that belong to one type of event."""

    seq: int
    event_type: str
    words: Sequence[Word]
    """Kept only for readers who merge them; they take some ten times the memory of the frames."""
    data: bytes
    """Its frames."""


class Overtaken(Exception):
    """What a reader needs next is not kept any more: it must fold the log for itself."""


class ProjectedLog:
    """A run's log in one format, as far as it was folded."""

    def __init__(self, run_id: RunId, projection: Projection, position: int = 0, *, keeps_words: bool = False) -> None:
        """Begin after *position*, which is 0 for a projection that remembers."""
        self.position = position
        self.remembers = projection.remembers
        self.is_trimmed = False
        self._prefix = id_prefix(run_id)
        self._projection = projection
        self._keeps_words = keeps_words
        self._recent: deque[Told] = deque()
        self._size = 0
        self._prelude: Sequence[Told] = ()
        self._asked: tuple[Hashable, bytes] = (None, b"")  # last: the readers of one run mostly ask for the same

    def reaches(self, position: int) -> bool:
        """Tell whether what follows *position* is still kept, or still to come."""
        oldest = self._recent[0].seq if self._recent else self.position + 1
        return oldest <= position + 1 <= self.position + 1

    def skip(self, position: int) -> None:
        """Go on after *position*: retention has removed what was before."""
        if position > self.position:
            self.position = position
            self._recent.clear()  # or a reader who still has what is skipped would lose it
            self._size = 0

    def catch_up(self, workflow: Mapping[str, Any]) -> None:
        """Begin with *workflow*, of which retention has removed the events up to here."""
        self.is_trimmed = True
        words = self._projection.catch_up(workflow)
        self._prelude = [Told(self.position, kind, own, frames_of(own)) for kind, own in _by_type("", words)]

    def prelude(self, view: View) -> bytes:
        """Write what everybody is told first of a log whose beginning is gone; none of it has an id."""
        return b"".join([told.data for told in self._prelude if view.tells(told.event_type)])

    def data(self, frames: Frames, after: int, view: View) -> bytes:
        """Write what a reader who has seen *after* wants of *frames*.

        Raises:
            Overtaken: some of it is not kept.
        """
        asked = (after, frames.last_seq, view.selection)
        if asked != self._asked[0]:
            self._asked = (asked, selected(self._prefix, self.take(frames, after), view))
        return self._asked[1]

    def take(self, frames: Frames, after: int) -> list[Told]:
        """Return what the events of *frames* that follow *after* became, folding those that nobody has asked for yet.

        Raises:
            Overtaken: some of it is not kept.
        """
        if frames.last_seq > self.position:
            self._fold(frames)
        if after >= frames.last_seq:
            return []  # it was folded only for what comes after it
        if not self.reaches(max(after, frames.first_seq - 1)):
            raise Overtaken
        newest_first = (told for told in reversed(self._recent) if told.seq <= frames.last_seq)
        wanted = []
        for told in newest_first:
            if told.seq <= after:
                break
            wanted.append(told)
        return wanted[::-1]

    def _fold(self, frames: Frames) -> None:
        while self._size > WINDOW_BYTES:
            self._forget(self._recent[0].seq)
        new = frames.after(self.position) if frames.first_seq <= self.position else frames
        for seq, event in enumerate(new.events(), new.first_seq):
            event_type, words = TYPE_NAMES[type(event)], self._projection.tell(event)
            if len(words) > 1:
                *others, (event_type, words) = _by_type(event_type, words)
                for other, own in others:
                    self._keep(seq, other, own, frames_of(own))
            elif words:
                event_type = words[0].event_type or event_type
            self._keep(seq, event_type, words, written(self._prefix, seq, words))
        self.position = new.last_seq

    def _keep(self, seq: int, event_type: str, words: Sequence[Word], data: bytes) -> None:
        self._recent.append(Told(seq, event_type, words if self._keeps_words else (), data))
        self._size += len(data) + TOLD_BYTES

    def _forget(self, seq: int) -> None:
        while self._recent and self._recent[0].seq == seq:
            self._size -= len(self._recent.popleft().data) + TOLD_BYTES


class Projections:
    """The logs that are being told, by run and format; each lives as long as somebody reads it."""

    def __init__(self) -> None:
        self._logs: WeakValueDictionary[Any, ProjectedLog] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._logs)

    def open(self, run_id: RunId, session_id: str, view: View, position: int) -> tuple[ProjectedLog, int]:
        """Return a log from which a reader can go on after *position*, and where the reader must begin to read."""
        log = self._logs.get((run_id, view.key, False))
        if log is not None and log.reaches(position):
            return log, position
        projection = view.projection(session_id)
        start = 0 if projection.remembers else position
        own = ProjectedLog(run_id, projection, start, keeps_words=view.is_merging)
        return self.newest(run_id, view, own), start

    def trimmed(
        self, run_id: RunId, session_id: str, view: View, position: int, workflow: Mapping[str, Any]
    ) -> ProjectedLog:
        """Return a log that begins with *workflow*, as retention has removed the events up to *position*."""
        own = ProjectedLog(run_id, view.projection(session_id), position, keeps_words=view.is_merging)
        own.catch_up(workflow)
        return self.newest(run_id, view, own)

    def newest(self, run_id: RunId, view: View, own: ProjectedLog) -> ProjectedLog:
        """Return the log that is to be used from now on by whoever used *own*: everybody's, once *own* has met it."""
        key = (run_id, view.key, own.is_trimmed)  # a trimmed one has told the pieces of text that another one will tell
        shared = self._logs.get(key)
        if shared is None or shared.position < own.position:
            self._logs[key] = own
        elif shared.reaches(own.position):
            return shared
        return own


def selected(prefix: bytes, told: Sequence[Told], view: View) -> bytes:
    """Write what a reader wants of *told*; ids begin with *prefix*."""
    wanted = [one for one in told if view.tells(one.event_type)] if view.selection else told
    if not view.is_merging:
        return b"".join([one.data for one in wanted])
    audible = (one for one in wanted if one.data)  # what gives no frame keeps no pieces apart
    return b"".join(_merged(prefix, list(group)) for _, group in groupby(audible, _pieces))


def written(prefix: bytes, seq: int, words: Sequence[Word]) -> bytes:
    """Write the frames of one event; the last one carries its id, which begins with *prefix*."""
    if not words:
        return b""
    return b"%s%s%d\n%s" % (frames_of(words[:-1]), prefix, seq, words[-1].frame())


def frames_of(words: Sequence[Word]) -> bytes:
    """Write the frames of *words*, without an id."""
    return b"".join([word.frame() for word in words])


def id_prefix(run_id: RunId) -> bytes:
    """Write the line of an id, but for its number."""
    return f"id: {Cursor(run_id, 0)}".removesuffix("0").encode()


def _pieces(told: Told) -> object:
    """Name the text that an event goes on with; what is no piece of text stands alone."""
    if told.words and all(word.piece is not None for word in told.words):
        return [word.piece.key for word in told.words if word.piece is not None]
    return told.seq, told.event_type


def _by_type(event_type: str, words: Sequence[Word]) -> list[tuple[str, Sequence[Word]]]:
    """Part what an event of *event_type* became by the types that a reader may leave out, in order."""
    return [(kind, list(own)) for kind, own in groupby(words, lambda word: word.event_type or event_type)]


def _merged(prefix: bytes, told: Sequence[Told]) -> bytes:
    if len(told) == 1:
        return told[0].data
    last = told[-1]
    columns = zip(*(one.words for one in told), strict=True)
    return written(prefix, last.seq, [_joined(column) for column in columns])


def _joined(words: Sequence[Word]) -> Word:
    pieces = list(_pieces_of(words))
    return Word(words[-1].name, pieces[-1].write("".join(piece.text for piece in pieces)))


def _pieces_of(words: Sequence[Word]) -> Iterator[Piece]:
    return (word.piece for word in words if word.piece is not None)
