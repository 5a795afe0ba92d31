"""`offline-demo`: a chat model made of fixed rules, so that everything runs without a key.

It is deterministic and says in every answer what it is. It plans tool calls from the tools' JSON schemas, streams
thoughts, calls and text as a real model would, and takes part in nothing outside its messages.
"""

import asyncio
import hashlib
import json
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from cantata.graphs.offline_answers import answer, prompt_of
from cantata.graphs.offline_delegation import plan_delegations
from cantata.graphs.offline_planning import PlannedCall, ToolSpec, force_call, plan_calls

OFFLINE_MODEL = "offline-demo"

_PIECE = re.compile(r"\s*\S+\s*|\s+")
_JSON_PIECE_CHARACTERS = 12
_CHARACTERS_PER_TOKEN = 4  # the usual rule of thumb; usage is an estimate

_REASONING_INDEX, _TEXT_INDEX, _FIRST_CALL_INDEX = 0, 1, 2  # content blocks merge by index


@dataclass(frozen=True)
class _Turn:
    thought: str
    calls: tuple[PlannedCall, ...] = ()
    text: str = ""


class OfflineChat(BaseChatModel):
    """The rule-based model. Generation options are accepted and recorded in `response_metadata`, nothing more."""

    model: str = OFFLINE_MODEL
    temperature: float | None = None
    top_p: float | None = None
    max_output_tokens: int | None = None
    token_delay_seconds: float = 0.0
    """Pause after each token, so that a stream looks like one."""
    max_tool_rounds: int = 3
    """Rounds of tool calls after one human message; then it answers with what it has."""

    @property
    def _llm_type(self) -> str:
        return OFFLINE_MODEL

    @property
    def _identifying_params(self) -> Mapping[str, Any]:
        return {"model": self.model} | self._options

    @property
    def _options(self) -> dict[str, Any]:
        options = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_output_tokens": self.max_output_tokens,
        }
        return {name: value for name, value in options.items() if value is not None}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = "cantata"
        return params

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools; the choice is "auto", "none", "any" (or "required", True), or a tool's name.

        Raises:
            ValueError: The choice names no bound tool.
        """
        bound = [convert_to_openai_tool(tool) for tool in tools]
        choice = _normal_choice(tool_choice, [tool["function"]["name"] for tool in bound])
        return self.bind(tools=bound, tool_choice=choice, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        chunks = [chunk async for chunk in self._astream(messages, stop, run_manager, **kwargs)]
        return generate_from_stream(iter(chunks))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages, stop, kwargs):
            yield chunk
            if self.token_delay_seconds:
                time.sleep(self.token_delay_seconds)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for chunk in self._chunks(messages, stop, kwargs):
            yield chunk
            await asyncio.sleep(self.token_delay_seconds)  # with 0 it still lets the loop turn once

    def _chunks(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> Iterator[ChatGenerationChunk]:
        tools = [ToolSpec.of(tool) for tool in kwargs.get("tools") or ()]
        turn = _plan_turn(messages, tools, kwargs.get("tool_choice"), self.max_tool_rounds)
        text = _until_stop(turn.text, stop)
        conversation = _digest(messages)
        yield from (_block("reasoning", piece, _REASONING_INDEX) for piece in _PIECE.findall(turn.thought))
        for position, call in enumerate(turn.calls):
            yield from _call_chunks(call, f"call_{conversation}_{position}", _FIRST_CALL_INDEX + position)
        yield from (_block("text", piece, _TEXT_INDEX) for piece in _PIECE.findall(text))
        yield self._last_chunk(messages, turn, text)

    def _last_chunk(self, messages: list[BaseMessage], turn: _Turn, text: str) -> ChatGenerationChunk:
        read = sum(_tokens(message.text) for message in messages)
        thought = _tokens(turn.thought)
        written = thought + _tokens(text) + sum(_tokens(json.dumps(call.args)) + 4 for call in turn.calls)
        usage = UsageMetadata(
            input_tokens=read,
            output_tokens=written,
            total_tokens=read + written,
            output_token_details={"reasoning": thought},
        )
        metadata = {"finish_reason": "STOP", "model_name": self.model, "options": self._options}
        return _chunk([], usage_metadata=usage, metadata=metadata, chunk_position="last")


def _plan_turn(
    messages: Sequence[BaseMessage], tools: Sequence[ToolSpec], choice: str | None, max_rounds: int
) -> _Turn:
    since = _since_last_human(messages)
    rounds = sum(isinstance(message, AIMessage) and bool(message.tool_calls) for message in since)
    if tools and choice != "none" and rounds < max_rounds and (calls := _calls(messages, tools, choice)):
        return _Turn(_thought_about(calls), tuple(calls))
    thought, text = answer(messages, _results(since), tools)
    return _Turn(thought, text=text)


def _calls(messages: Sequence[BaseMessage], tools: Sequence[ToolSpec], choice: str | None) -> list[PlannedCall]:
    since, prompt = _since_last_human(messages), prompt_of(messages)
    instructions = " ".join(message.text for message in messages if isinstance(message, SystemMessage))
    made = [
        (call["name"], call["args"])
        for message in since
        if isinstance(message, AIMessage)
        for call in message.tool_calls
    ]
    eligible = [tool for tool in tools if choice in (None, "auto", "any", tool.name)]
    planned = [call for call in plan_calls(prompt, eligible, instructions) if (call.tool, call.args) not in made]
    planned += plan_delegations(prompt, eligible, _results(since))
    if not planned and choice not in (None, "auto"):
        return [force_call(prompt, eligible)]
    return planned


def _thought_about(calls: Sequence[PlannedCall]) -> str:
    reasons = "; ".join(_reason_for(call) for call in calls)
    ending = "I call it." if len(calls) == 1 else "I call them together."
    return f"I compare the question with the tools. {reasons}. {ending}"


def _reason_for(call: PlannedCall) -> str:
    arguments = ", ".join(f"{key}: {value}" for key, value in call.args.items())
    return f"{call.tool} fits ({arguments})" if arguments else f"{call.tool} fits"


def _results(since: Sequence[BaseMessage]) -> list[tuple[Mapping[str, object], ToolMessage]]:
    args = {
        call["id"]: call["args"] for message in since if isinstance(message, AIMessage) for call in message.tool_calls
    }
    return [(args.get(message.tool_call_id, {}), message) for message in since if isinstance(message, ToolMessage)]


def _since_last_human(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    for index in range(len(messages) - 1, -1, -1):
        if isinstance(messages[index], HumanMessage):
            return messages[index + 1 :]
    return messages


def _call_chunks(call: PlannedCall, call_id: str, index: int) -> Iterator[ChatGenerationChunk]:
    args = json.dumps(call.args, ensure_ascii=False)
    yield _call_piece(call.tool, "", call_id, index)
    for start in range(0, len(args), _JSON_PIECE_CHARACTERS):
        yield _call_piece(None, args[start : start + _JSON_PIECE_CHARACTERS], None, index)


def _call_piece(name: str | None, args: str, call_id: str | None, index: int) -> ChatGenerationChunk:
    piece = tool_call_chunk(name=name, args=args, id=call_id, index=index)
    return _chunk([dict(piece)], tool_call_chunks=[piece])


def _block(kind: str, piece: str, index: int) -> ChatGenerationChunk:
    return _chunk([{"type": kind, kind: piece, "index": index}])


def _chunk(
    content: list[str | dict[str, Any]], metadata: Mapping[str, Any] | None = None, **fields: Any
) -> ChatGenerationChunk:
    # Saying "v1" on the chunk instead of the model spares langchain-core a copy of every chunk.
    response_metadata = {"output_version": "v1", **(metadata or {})}
    return ChatGenerationChunk(message=AIMessageChunk(content=content, response_metadata=response_metadata, **fields))


def _normal_choice(choice: str | bool | Mapping[str, Any] | None, names: Sequence[str]) -> str | None:
    if isinstance(choice, Mapping):
        choice = str(choice.get("function", choice).get("name"))
    if choice is True or choice == "required":
        return "any"
    if choice is None or choice is False or choice in ("auto", "none", "any", *names):
        return choice or None
    message = f"tool_choice {choice!r} names none of the bound tools: {', '.join(names)}."
    raise ValueError(message)


def _until_stop(text: str, stop: Sequence[str] | None) -> str:
    ends = [end for word in stop or () if (end := text.find(word)) >= 0]
    return text[: min(ends)] if ends else text


def _digest(messages: Sequence[BaseMessage]) -> str:
    """Name a conversation: equal when it is repeated, new with every message, whatever the messages' ids."""
    digest = hashlib.blake2b(digest_size=8)
    for message in messages:
        calls = message.tool_calls if isinstance(message, AIMessage) else ()
        digest.update(repr((message.type, message.text, [(call["name"], call["args"]) for call in calls])).encode())
    return digest.hexdigest()


def _tokens(text: str) -> int:
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
