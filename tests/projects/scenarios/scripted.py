"""A chat model that says what it is told to, word by word."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from desk import gate
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


class ScriptedModel(BaseChatModel):
    """Answers the n-th turn with the n-th script.

    A script is a list: a text is streamed by words, a dict is a tool call, `("gate", name)` waits, `("pause", seconds)`
    sleeps before every later word, and an exception is raised.
    """

    scripts: list[list[Any]]
    turn: int = 0

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        text = " ".join(part for part in self.scripts[self.turn] if isinstance(part, str))
        return ChatResult(generations=[ChatGeneration(message=AIMessage(text))])

    async def _astream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        pause, calls = 0.0, 0
        for part in self.scripts[self.turn]:
            match part:
                case str():
                    for word in part.split():
                        await asyncio.sleep(pause)
                        yield await told(AIMessageChunk(f"{word} "), run_manager)
                case ("gate", name):
                    await gate(name)
                case ("pause", seconds):
                    pause = seconds
                case Exception():
                    raise part
                case {"name": name, "args": args}:
                    call = ToolCallChunk(name=name, args=args, id=f"call_{self.turn}_{calls}", index=calls)
                    calls += 1
                    yield await told(AIMessageChunk("", tool_call_chunks=[call]), run_manager)
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        yield await told(AIMessageChunk("", usage_metadata=usage), run_manager)


async def told(message: AIMessageChunk, run_manager: Any) -> ChatGenerationChunk:
    chunk = ChatGenerationChunk(message=message)
    if run_manager:
        await run_manager.on_llm_new_token(message.text, chunk=chunk)
    return chunk
