"""A chat model that costs nothing."""

from collections.abc import Iterator
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


class FakeModel(BaseChatModel):
    """Says its n-th line when it has spoken n times since the last human; `{last}` is what the last tool said."""

    lines: list[AIMessage]
    speaker: str | None = None

    @property
    def _llm_type(self) -> str:
        return "fake"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": "fake"}

    def bind_tools(self, tools: Any, **kwargs: Any) -> "FakeModel":
        return self

    def _line(self, messages: list[BaseMessage]) -> AIMessage:
        since = max((n for n, message in enumerate(messages) if isinstance(message, HumanMessage)), default=0)
        mine = [m for m in messages[since:] if isinstance(m, AIMessage) and self.speaker in (None, m.name)]
        told = [m.text for m in messages if isinstance(m, ToolMessage)] or [""]
        line = self.lines[len(mine)]
        return AIMessage(line.text.replace("{last}", told[-1]), tool_calls=line.tool_calls)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._line(messages))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        line = self._line(messages)
        for n, word in enumerate(line.text.split(" ") if line.text else []):
            yield self._chunk(AIMessageChunk(word if n == 0 else f" {word}"), run_manager)
        if line.tool_calls:
            yield self._chunk(AIMessageChunk("", tool_calls=line.tool_calls), run_manager)

    def _chunk(self, message: AIMessageChunk, run_manager: CallbackManagerForLLMRun | None) -> ChatGenerationChunk:
        chunk = ChatGenerationChunk(message=message)
        if run_manager:
            run_manager.on_llm_new_token(message.text, chunk=chunk)
        return chunk


def calls(*wanted: tuple[str, dict[str, Any]]) -> AIMessage:
    """A line that calls tools."""
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": f"call_{name}"} for name, args in wanted])
