"""Models that show their thoughts as Anthropic's and DeepSeek's do; the answers are canned."""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Any

from langchain.agents import create_agent
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import LangSmithParams
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult


class Canned(BaseChatModel):
    """Streams the chunks that it was made of."""

    provider: str
    model_name: str
    chunks: list[AIMessageChunk]

    @property
    def _llm_type(self) -> str:
        return f"{self.provider}-chat"

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        return LangSmithParams(ls_provider=self.provider, ls_model_name=self.model_name, ls_model_type="chat")

    def bind_tools(self, tools: Any, **kwargs: Any) -> "Canned":
        return self

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        whole = self.chunks[0]
        for chunk in self.chunks[1:]:
            whole = whole + chunk
        return ChatResult(generations=[ChatGeneration(message=AIMessage(whole.content))])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for n, message in enumerate(self.chunks):
            if n == len(self.chunks) - 1:
                await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
            chunk = ChatGenerationChunk(message=message)
            if run_manager:
                await run_manager.on_llm_new_token(message.text, chunk=chunk)
            yield chunk


def block(index: int, **members: Any) -> AIMessageChunk:
    return AIMessageChunk([{"index": index, **members}], response_metadata={"model_provider": "anthropic"})


claude = create_agent(
    Canned(
        provider="anthropic",
        model_name="claude-sonnet-4-5",
        chunks=[
            block(0, type="thinking", thinking="Hm, "),
            block(0, type="thinking", thinking="easy."),
            block(0, type="thinking", signature="c2lnbmF0dXJl"),
            block(1, type="redacted_thinking", data="b3BhcXVl"),
            block(2, type="text", text="It is "),
            block(2, type="text", text="four."),
        ],
    ),
    tools=[],
    name="claude",
)

deepseek = create_agent(
    Canned(
        provider="deepseek",
        model_name="deepseek-reasoner",
        chunks=[
            AIMessageChunk("", additional_kwargs={"reasoning_content": "Let me "}),
            AIMessageChunk("", additional_kwargs={"reasoning_content": "count."}),
            AIMessageChunk("It is "),
            AIMessageChunk("four."),
        ],
    ),
    tools=[],
    name="deepseek",
)
