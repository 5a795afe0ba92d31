"""Judge what Gemini sent: its client reports a cut, blocked or empty answer as if it were a good one."""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.outputs import ChatGenerationChunk, ChatResult

from cantata.graphs.faults import ModelFault

_THOUGHTS = frozenset({"thinking", "reasoning"})
# Old models repeat them on every chunk; folding makes STOPSTOPSTOP of it, and a list of hundreds of ratings.
_ONCE = ("finish_reason", "model_name", "safety_ratings")
_GROWING = frozenset({"text", "thinking"})  # what comes in pieces; every other block is whole
_BAD_CALL = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"})
_GOOD = frozenset({"STOP", "MAX_TOKENS"})


class Answer:
    """One attempt's answer as it comes in.

    Chunks that show nothing wait for the first that does, so that an attempt that gives nothing can be repeated.
    What earlier attempts used is billed too: the answer that comes of them in the end tells it.
    """

    def __init__(self, used_before: UsageMetadata | None = None) -> None:
        self.has_begun = False
        self._used_before = used_before
        self._used: UsageMetadata | None = None
        self._held: list[ChatGenerationChunk] = []
        self._has_answer = False
        self._last: dict[str, Any] = {}
        self._block_type: str | None = None
        self._block_index = -1
        self._block_reason: str | None = None

    def take(self, chunk: ChatGenerationChunk) -> Iterator[ChatGenerationChunk]:
        """Pass on what may be shown now."""
        message = chunk.message
        self._look_at(message, chunk.generation_info or {})
        _mend_total(message)
        self._number_blocks(message)
        chunk.generation_info = self._without_end(chunk.generation_info or {})
        message.response_metadata = self._without_end(message.response_metadata)
        self._held.append(chunk)
        if self.has_begun or _shows_something(message):
            self.has_begun = True
            yield from self._held
            self._held.clear()

    def last_chunk(self) -> ChatGenerationChunk:
        """End a stream: the chunk that says how it ended.

        Raises:
            ModelFault: The answer is cut, blocked, empty or malformed.
        """
        if "finish_reason" not in self._last and self._block_reason is None:
            raise ModelFault("model_truncated", "The model's answer broke off.")
        self._judge()
        message = AIMessageChunk(content="", chunk_position="last", usage_metadata=self._used_before)
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
            generation.message.content = _plain(generation.message.content)
            self._look_at(generation.message, {**result.llm_output, **generation.generation_info})
            if isinstance(generation.message, AIMessage):
                self._used = _sum(self._used_before, generation.message.usage_metadata)
                generation.message.usage_metadata = self._used
        self._judge()
        return result

    def again(self) -> "Answer":
        """Begin the next attempt after one that gave nothing."""
        used = self._used or self._used_before
        for chunk in self._held:
            used = _sum(used, getattr(chunk.message, "usage_metadata", None))
        return Answer(used)

    def _look_at(self, message: Any, generation_info: Mapping[str, Any]) -> None:
        facts = {**message.response_metadata, **generation_info}
        for name in _ONCE:
            if facts.get(name):
                self._last[name] = _plain(facts[name])
        feedback = facts.get("prompt_feedback") or {}
        if reason := feedback.get("block_reason") or feedback.get("block_reason_message"):
            self._block_reason = str(_plain(reason))
        if any(not call["name"] for call in _calls_of(message)):
            raise ModelFault("malformed_tool_call", "The model made a tool call without a name.")
        self._has_answer = self._has_answer or _says_something(message)

    def _number_blocks(self, message: Any) -> None:
        """Give blocks their places, by which chunks are folded.

        The client counts blocks and LangChain text, so that code after text would be folded into the text.
        """
        if not message.content:
            return
        blocks = [message.content] if isinstance(message.content, str) else message.content
        message.content = [self._numbered(block) for block in blocks]

    def _numbered(self, block: str | dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"type": "text", "text": block} if isinstance(block, str) else block
        kind = told["type"]
        if kind != self._block_type or kind not in _GROWING:
            self._block_type, self._block_index = kind, self._block_index + 1
        if kind not in _GROWING:
            told = _plain(told)
        told["index"] = self._block_index
        return told

    def _without_end(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {name: _plain(value) for name, value in facts.items() if name not in _ONCE}

    def _judge(self) -> None:
        if self._block_reason is not None:
            raise ModelFault("prompt_blocked", f"Gemini refused the prompt ({self._block_reason}).")
        reason = self._last.get("finish_reason", "STOP")  # a whole body cannot have been cut
        if reason in _BAD_CALL:
            raise ModelFault("malformed_tool_call", f"The model made a tool call that cannot be read ({reason}).")
        if reason not in _GOOD:
            raise ModelFault("answer_blocked", f"Gemini stopped its answer ({reason}).")
        if self._has_answer:
            return
        if reason == "MAX_TOKENS":
            raise ModelFault("output_limit", "The model used up max_output_tokens before it answered.")
        raise ModelFault("empty_answer", "The model gave an empty answer.")


def _calls_of(message: Any) -> list[Any]:
    if isinstance(message, AIMessageChunk):
        return list(message.tool_call_chunks)
    return list(getattr(message, "tool_calls", ()))


def _mend_total(message: Any) -> None:
    """Make the sums add up: when Gemini 2.0 corrects its count of the prompt, the client corrects all but the total."""
    if usage := getattr(message, "usage_metadata", None):
        usage["total_tokens"] = usage["input_tokens"] + usage["output_tokens"]


def _sum(left: UsageMetadata | None, right: UsageMetadata | None) -> UsageMetadata | None:
    return add_usage(left, right) if left and right else left or right  # of two absent ones the library makes zeros


def _shows_something(message: Any) -> bool:
    if getattr(message, "tool_call_chunks", None):
        return True
    return any(block.get("text", True) and block.get("thinking", True) for block in message.content)


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
