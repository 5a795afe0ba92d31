"""Judge what Gemini sent: its client reports a cut, blocked or empty answer as if it were a good one."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from cantata.graphs.faults import ModelFault

_THOUGHTS = frozenset({"thinking", "reasoning"})
_ONCE = (
    "finish_reason",
    "model_name",
)  # old models repeat them on every chunk; folding makes STOPSTOPSTOP of it
_BAD_CALL = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})
_GOOD = frozenset({"STOP", "MAX_TOKENS"})


class Answer:
    """One attempt's answer as it comes in.

    Chunks without content wait for the first that has some, so that an attempt that gives nothing can be repeated.
    """

    def __init__(self) -> None:
        self.has_begun = False
        self._held: list[ChatGenerationChunk] = []
        self._has_answer = False
        self._last: dict[str, str] = {}
        self._block_reason: str | None = None

    def take(self, chunk: ChatGenerationChunk) -> Iterator[ChatGenerationChunk]:
        """Pass on what may be shown now."""
        message = chunk.message
        self._look_at(message, chunk.generation_info or {})
        chunk.generation_info = self._without_end(chunk.generation_info or {})
        message.response_metadata = self._without_end(message.response_metadata)
        self._held.append(chunk)
        if self.has_begun or message.content or getattr(message, "tool_call_chunks", None):
            self.has_begun = True
            yield from self._held
            self._held.clear()

    def last_chunk(self) -> ChatGenerationChunk:
        """End a stream: the chunk that says how it ended.

        Raises:
            ModelFault: The answer is cut, blocked, empty or malformed.
        """
        self._judge()
        message = AIMessageChunk(content="", chunk_position="last")
        return ChatGenerationChunk(message=message, generation_info=dict(self._last))

    def whole(self, result: ChatResult) -> ChatResult:
        """Pass on an answer that came in one piece.

        Raises:
            ModelFault: The answer is blocked, empty or malformed.
        """
        result.llm_output = _plain(result.llm_output or {})
        for generation in result.generations:
            generation.generation_info = _plain(generation.generation_info or {})
            generation.message.response_metadata = _plain(generation.message.response_metadata)
            self._look_at(generation.message, {**result.llm_output, **generation.generation_info})
        self._judge()
        return result

    def _look_at(self, message: Any, generation_info: Mapping[str, Any]) -> None:
        facts = {**message.response_metadata, **generation_info}
        for name in _ONCE:
            if facts.get(name):
                self._last[name] = str(_plain(facts[name]))
        feedback = facts.get("prompt_feedback") or {}
        if reason := feedback.get("block_reason"):
            self._block_reason = str(_plain(reason))
        self._has_answer = self._has_answer or _says_something(message)

    def _without_end(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _plain(value) for name, value in facts.items() if name not in _ONCE}

    def _judge(self) -> None:
        if self._block_reason is not None:
            raise ModelFault("prompt_blocked", f"Gemini refused the prompt ({self._block_reason}).")
        reason = self._last.get("finish_reason")
        if reason is None:
            raise ModelFault("model_truncated", "The model's answer broke off.")
        if reason in _BAD_CALL:
            raise ModelFault("malformed_tool_call", f"The model made a tool call that cannot be read ({reason}).")
        if reason not in _GOOD:
            raise ModelFault("answer_blocked", f"Gemini stopped its answer ({reason}).")
        if self._has_answer:
            return
        if reason == "MAX_TOKENS":
            raise ModelFault("output_limit", "The model used up max_output_tokens before it answered.")
        raise ModelFault("empty_answer", "The model gave an empty answer.")


def _says_something(message: Any) -> bool:
    if isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
        return True
    if isinstance(message.content, str):
        return bool(message.content)
    return any(_is_answer(block) for block in message.content)


def _is_answer(block: Any) -> bool:
    if isinstance(block, str):
        return bool(block)
    if block.get("type") == "text":
        return bool(block.get("text"))
    return block.get("type") not in _THOUGHTS


def _plain(value: Any) -> Any:
    """Turn enums into their text: in a checkpoint they would be types that strict msgpack refuses to read."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
