"""A chat model that says what a test wrote down, in every way that providers stream."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr


class ModelBroke(RuntimeError):
    """The provider's connection was cut."""


@dataclass(eq=False)
class Pause:
    """A place where the script waits: the test knows that it is reached, and lets it go on, or never does."""

    reached: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self) -> None:
        """Wait here until the test lets go."""
        self.reached.set()
        await self.go.wait()


Piece = AIMessageChunk | BaseException | Pause
Turn = Sequence[Piece]
"""What one model call says: chunks, an exception where it breaks, a pause where it waits."""


def text(words: str) -> AIMessageChunk:
    """Say a piece of answer as a bare string."""
    return AIMessageChunk(content=words)


def text_block(words: str) -> AIMessageChunk:
    """Say a piece of answer as a content block."""
    return AIMessageChunk(content=[{"type": "text", "text": words, "index": 1}])


def reasoning(words: str) -> AIMessageChunk:
    """Think in LangChain's v1 content blocks."""
    return AIMessageChunk(content=[{"type": "reasoning", "reasoning": words, "index": 0}])


def google_thought(words: str) -> AIMessageChunk:
    """Think as Gemini's parts do: a text that is marked as a thought."""
    return AIMessageChunk(content=[{"type": "text", "text": words, "thought": True, "index": 0}])


def anthropic_thought(words: str) -> AIMessageChunk:
    """Think as Anthropic does, its signature included."""
    return AIMessageChunk(content=[{"type": "thinking", "thinking": words, "signature": "c2ln", "index": 0}])


def deepseek_thought(words: str) -> AIMessageChunk:
    """Think as DeepSeek and Qwen do, beside an empty content."""
    return AIMessageChunk(content="", additional_kwargs={"reasoning_content": words})


def call(name: str, args: dict[str, Any], call_id: str = "call_1") -> AIMessageChunk:
    """Call a tool in one piece."""
    return AIMessageChunk(content="", tool_calls=[{"name": name, "args": args, "id": call_id, "type": "tool_call"}])


def call_in_pieces(name: str, *args: str, call_id: str = "call_1") -> list[AIMessageChunk]:
    """Call a tool whose arguments arrive as pieces of JSON."""
    head = AIMessageChunk(content="", tool_call_chunks=[tool_call_chunk(name=name, args="", id=call_id, index=0)])
    return [head] + [
        AIMessageChunk(content="", tool_call_chunks=[tool_call_chunk(args=piece, index=0)]) for piece in args
    ]


def used(tokens_in: int, tokens_out: int, *, cached: int = 0, thoughts: int = 0) -> AIMessageChunk:
    """Tell what the call used, as providers do in their last chunk."""
    usage = UsageMetadata(
        input_tokens=tokens_in,
        output_tokens=tokens_out,
        total_tokens=tokens_in + tokens_out,
        input_token_details={"cache_read": cached},
        output_token_details={"reasoning": thoughts},
    )
    return AIMessageChunk(content="", usage_metadata=usage)


class ScriptedChat(BaseChatModel):
    """Gives one turn of its script for each call; the last one again when the script is over.

    Streams, unless `disable_streaming` is set: then the same turn comes whole.
    """

    turns: list[Any]
    model_name: str = "scripted-1"
    provider: str = "scripted"
    calls: list[list[BaseMessage]] = Field(default_factory=list)
    _given: int = PrivateAttr(default=0)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider=self.provider, ls_model_name=self.model_name, ls_model_type="chat")

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Runnable[LanguageModelInput, AIMessage]:
        """Accept tools; the script knows which to call."""
        return self

    def _turn(self, messages: list[BaseMessage]) -> Turn:
        self.calls.append(messages)
        turn: Turn = self.turns[min(self._given, len(self.turns) - 1)]
        self._given += 1
        return turn

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for piece in self._turn(messages):
            yield _chunk(piece)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for piece in self._turn(messages):
            if isinstance(piece, Pause):
                await piece.wait()
            else:
                yield _chunk(piece)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole = reduce(add, (_chunk(piece).message for piece in self._turn(messages)), AIMessageChunk(content=""))
        message = AIMessage(
            content=whole.content,
            tool_calls=whole.tool_calls,
            additional_kwargs=whole.additional_kwargs,
            usage_metadata=whole.usage_metadata,
        )
        return ChatResult(generations=[ChatGeneration(message=message)])


def scripted(*turns: Sequence[Piece | str], **options: Any) -> ScriptedChat:
    """Write a script: each turn a sequence of pieces, a bare string being a piece of answer."""
    return ScriptedChat(turns=[[text(p) if isinstance(p, str) else p for p in turn] for turn in turns], **options)


def _chunk(piece: Piece) -> ChatGenerationChunk:
    if isinstance(piece, BaseException):
        raise piece
    assert isinstance(piece, AIMessageChunk), "only an asynchronous call can wait"
    return ChatGenerationChunk(message=piece.model_copy(deep=True))
