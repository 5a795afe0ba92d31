"""Where the providers' ways of writing content end: messages and chunks in, thought, text and tool calls out."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, GenerationChunk, LLMResult

from cantata.callbacks.redaction import clean_text

_THOUGHT_KEYS = (
    "reasoning",
    "thinking",
    "thought",
    "reasoning_content",
)  # v1 and Google, Anthropic, older Google, Bedrock


def thought_and_text(message: BaseMessage) -> tuple[str, str]:
    """Split what a message or a chunk says; signatures, tool calls and data are neither."""
    content = message.content
    if isinstance(content, str):
        extra = message.additional_kwargs
        thought = extra.get("reasoning_content") if extra else None  # DeepSeek, Qwen and others
        return (clean_text(thought) if isinstance(thought, str) else ""), clean_text(content)
    thoughts: list[str] = []
    texts: list[str] = []
    for block in content:
        _sort(block, thoughts, texts)
    return clean_text("".join(thoughts)), clean_text("".join(texts))


def words_of(chunk: GenerationChunk | ChatGenerationChunk | None, token: Any) -> tuple[str, str]:
    """Split what comes as a token; a model that takes plain text has no thoughts."""
    if isinstance(chunk, ChatGenerationChunk):
        return thought_and_text(chunk.message)
    return "", clean_text(token) if isinstance(token, str) else ""


def first_generation(response: LLMResult) -> tuple[BaseMessage | None, tuple[str, str]]:
    """Return the message that a call ended with, if it is one, and what it says."""
    generations = response.generations[0] if response.generations else []
    if not generations:
        return None, ("", "")
    first = generations[0]
    if isinstance(first, ChatGeneration):
        return first.message, thought_and_text(first.message)
    return None, ("", clean_text(first.text))


def _sort(block: str | dict[Any, Any], thoughts: list[str], texts: list[str]) -> None:
    if isinstance(block, str):
        texts.append(block)
        return
    kind = block.get("type")
    if kind in ("text", "output_text"):
        (thoughts if block.get("thought") is True else texts).append(block.get("text") or "")
    elif kind in _THOUGHT_KEYS:
        thoughts.append(_thought_in(block))


def _thought_in(block: Mapping[str, Any]) -> str:
    for key in (*_THOUGHT_KEYS, "text"):
        value = block.get(key)
        if isinstance(value, str):
            return value
        if isinstance(value, Mapping):  # Bedrock: {"reasoning_content": {"text": …, "signature": …}}
            return str(value.get("text") or "")
    summary = block.get("summary")  # OpenAI's responses
    if isinstance(summary, list):
        return "".join(part.get("text") or "" for part in summary if isinstance(part, Mapping))
    return ""


def tool_calls_of(message: BaseMessage | None) -> list[tuple[str | None, str, Any]]:
    """List the `(id, name, arguments)` that a whole message decided on; malformed arguments stay text."""
    if not isinstance(message, AIMessage):
        return []
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    return [(_clean(call.get("id")), clean_text(call.get("name") or ""), call.get("args")) for call in calls]


def _clean(text: str | None) -> str | None:
    return None if text is None else clean_text(text)


def tool_output(output: Any) -> Any:
    """Give what a tool answered, without its message's envelope."""
    if isinstance(output, ToolMessage):
        return output.content
    return output


_ROLES = {"human": "user", "ai": "assistant"}  # LangChain's names → everybody's


def shown_messages(batches: Any) -> list[Any]:
    """Write what a model is given for a person who looks at its call: messages, or prompts of plain text."""
    return [_shown(message) for batch in batches for message in (batch if isinstance(batch, list) else [batch])]


def shown_answer(thought: str, text: str, calls: list[tuple[str | None, str, Any]]) -> dict[str, Any]:
    """Write what a model said in the same way."""
    told: dict[str, Any] = {"role": "assistant", "content": text}
    if thought:
        told["thought"] = thought
    if calls:
        told["tool_calls"] = [{"id": call_id, "name": name, "args": args} for call_id, name, args in calls]
    return told


def _shown(message: Any) -> Any:
    if not isinstance(message, BaseMessage):
        return message
    told: dict[str, Any] = {"role": _ROLES.get(message.type, message.type), "content": message.content}
    if isinstance(message, AIMessage) and message.tool_calls:
        told["tool_calls"] = [{"id": c["id"], "name": c["name"], "args": c["args"]} for c in message.tool_calls]
    if isinstance(message, ToolMessage):
        told["tool_call_id"] = message.tool_call_id
    return told
