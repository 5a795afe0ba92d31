"""How one reader wants to see a run: the format, and what is left out, merged or added."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal, get_args

from cantata.callbacks.events import TERMINAL_TYPES, TYPE_NAMES
from cantata.server.protocols.chunks import Chunks
from cantata.server.protocols.compat import Compat
from cantata.server.protocols.projection import Projection
from cantata.server.protocols.reasoning import Reasoning
from cantata.server.protocols.session import SessionEvents

Format = Literal["reasoning", "compat", "chunks", "session"]
FORMATS: tuple[Format, ...] = get_args(Format)

ALWAYS_TOLD = frozenset(TYPE_NAMES[kind] for kind in TERMINAL_TYPES)


@dataclass(frozen=True)
class View:
    """The options of one stream; the run does not know of them."""

    format: Format = "reasoning"
    has_tokens: bool = False
    include: frozenset[str] = frozenset()
    """The types of events that are told; empty for all."""
    exclude: frozenset[str] = frozenset()
    coalesce_seconds: float = 0.0
    """How long pieces of text may wait for the next ones, to be told as one."""
    heartbeat_seconds: float | None = None
    """Instead of the server's."""

    @property
    def is_plain(self) -> bool:
        """Tell whether the log's own bytes are what is wanted."""
        return self.format == "reasoning" and self.selection is None

    @property
    def selection(self) -> Hashable:
        """How this reader's frames differ from everybody's of its format; None when they do not."""
        return (
            (self.include, self.exclude, self.is_merging) if self.include or self.exclude or self.is_merging else None
        )

    @property
    def is_merging(self) -> bool:
        """Tell whether pieces of text are told as one."""
        return self.coalesce_seconds > 0

    @property
    def key(self) -> Hashable:
        """What readers have in common who can share one projection of a run."""
        return self.format, self.has_tokens, self.is_merging

    def projection(self, session_id: str) -> Projection:
        """Begin to tell a run of *session_id*."""
        make: dict[Format, Callable[[], Projection]] = {
            "reasoning": Reasoning,
            "compat": lambda: Compat(has_tokens=self.has_tokens),
            "chunks": Chunks,
            "session": lambda: SessionEvents(session_id),
        }
        return make[self.format]()

    def tells(self, event_type: str) -> bool:
        """Tell whether events of this type are wanted; how a run ends always is."""
        if event_type in ALWAYS_TOLD:
            return True
        return event_type not in self.exclude and (not self.include or event_type in self.include)
