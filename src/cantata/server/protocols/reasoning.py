"""`reasoning`: the events as they are."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from cantata.callbacks.events import TYPE_NAMES, AgentThinking, MessageDelta, StoredEvent, encode
from cantata.server.protocols.projection import Word, a_piece


class Reasoning:
    """A `Projection`."""

    remembers: ClassVar[bool] = False

    def tell(self, event: StoredEvent) -> Sequence[Word]:
        """Say the event itself."""
        name = TYPE_NAMES[type(event)]
        if isinstance(event, MessageDelta | AgentThinking):
            key = (name, event.message_id)
            return [a_piece(name, key, event.delta, lambda text: encode(msgspec.structs.replace(event, delta=text)))]
        return [Word(name, encode(event))]

    def catch_up(self, workflow: Mapping[str, Any]) -> Sequence[Word]:
        """Say nothing: each event stands for itself, and the gap tells what is missing."""
        return ()
