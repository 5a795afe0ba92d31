"""What a run answered: one text out of whatever shape its graph's output has."""

from collections.abc import Collection
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from cantata.callbacks.content import thought_and_text
from cantata.callbacks.redaction import clean_text


def final_response(output: Any, seen: Collection[str], spoken: str | None) -> str | None:
    """Find the answer in *output*; *seen* are the ids of messages that were there before, *spoken* is the fallback."""
    if isinstance(output, dict):
        told = output.get("final_response")
        if isinstance(told, str):
            return clean_text(told)
        text = _last_answer(output.get("messages"), seen)
        if text is not None:
            return text
        strings = [value for value in output.values() if isinstance(value, str)]
        return clean_text(strings[0]) if len(strings) == 1 else spoken
    return clean_text(output) if isinstance(output, str) else spoken


def _last_answer(messages: Any, seen: Collection[str]) -> str | None:
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, AIMessage) and (message.id is None or message.id not in seen):
            return thought_and_text(message)[1]
    return None


def ids_of(messages: Any) -> set[str]:
    """Return the ids of the messages in a state."""
    return {m.id for m in messages or () if isinstance(m, BaseMessage) and m.id}
