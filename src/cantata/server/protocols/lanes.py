"""One text of the answer, told one message at a time.

    a message speaks ─┬─ nobody has the floor: it takes it, and its pieces are told as they come
                      └─ another one has it: its pieces are held back
    its end ──────────▶ the next one has the floor, in the order of their first pieces, and what was held back is told

Branches speak at the same time, and who shows a text as it comes would show their words mixed, piece by piece. So one
message is told to its end before the next, each as soon as it can be: a message that only thinks keeps nobody waiting.
It follows from the log alone, so whoever resumes anywhere gets the same pieces. Nothing is held beyond its message's
end and those before it, and every message has its end in the log, also after a crash. What waits is text that the lane
keeps anyway, for `fullText` and for beginning anew.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from cantata.callbacks.events import Usage


@dataclass(eq=False)
class Speech:
    """What one message has said that is not told yet, and which step it stands or falls with."""

    step: str | None
    untold: list[str] = field(default_factory=list)
    has_ended: bool = False


@dataclass(eq=False)
class Lane:
    """One text of the answer."""

    model: str | None
    paths: Sequence[list[str]]
    """The nodes whose words it holds, with all that is below them."""
    count: int = 0
    """Pieces told, ever."""
    usages: list[Usage] = field(default_factory=list)
    _told: list[tuple[str | None, list[str]]] = field(default_factory=list)
    """Since the lane began anew: what a step said, again and again."""
    _speeches: dict[str, Speech] = field(default_factory=dict)
    """By message; the first one has the floor."""

    @property
    def name(self) -> Mapping[str, str]:
        """The member by which a frame says whose text it tells; none where there is but one."""
        return {} if self.model is None else {"model": self.model}

    @property
    def text(self) -> str:
        """All that was told since the lane began anew."""
        return "".join(text for _, texts in self._told for text in texts)

    def say(self, message_id: str, step: str | None, text: str) -> str:
        """Add a piece that *step* said in a message; return what is to be told now."""
        if message_id not in self._speeches:
            self._speeches[message_id] = Speech(step)
        if next(iter(self._speeches)) != message_id:
            self._speeches[message_id].untold.append(text)
            return ""
        self.count += bool(text)
        self._keep(step, (text,))  # whoever has the floor has nothing untold
        return text

    def end(self, message_id: str) -> str:
        """Note the end of a message; return what is to be told now, of those that waited for it."""
        if speech := self._speeches.get(message_id):
            speech.has_ended = True
        told = self._hand_over()
        self.count += bool(told)
        return told

    def begin_anew(self, void: Collection[str | None]) -> bool:
        """Forget what the steps *void* said; False when nothing of it was told. What is left is told as one piece."""
        standing = [(step, texts) for step, texts in self._told if step not in void]
        self._speeches = {name: speech for name, speech in self._speeches.items() if speech.step not in void}
        if len(standing) == len(self._told):
            return False
        self._told = standing
        self._hand_over()
        self.count += bool(self._told)
        return True

    def _hand_over(self) -> str:
        """Take what may be told: of whoever has the floor, and when that one has ended of the next."""
        taken: list[str] = []
        while self._speeches:
            message_id, speech = next(iter(self._speeches.items()))
            if speech.untold:
                self._keep(speech.step, speech.untold)
                taken += speech.untold
                speech.untold = []
            if not speech.has_ended:
                break
            del self._speeches[message_id]
        return "".join(taken)

    def _keep(self, step: str | None, texts: Sequence[str]) -> None:
        if not self._told or self._told[-1][0] != step:
            self._told.append((step, []))
        self._told[-1][1].extend(texts)
