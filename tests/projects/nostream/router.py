"""Models whose words are nobody's business, beside one that speaks."""

import asyncio
import operator
import os
from collections.abc import Iterator
from typing import Annotated, Any, TypedDict

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.graph import START, StateGraph

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


class Parrot(BaseChatModel):
    """Says what it was made to say, a word at a time."""

    line: str

    @property
    def _llm_type(self) -> str:
        return "parrot"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.line))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for word in self.line.split(" "):
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=f"{word} "))
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk


class State(TypedDict, total=False):
    question: str
    notes: Annotated[list[str], operator.add]
    final_response: str


router = Parrot(line="route secretly to support", tags=["nostream"])
judge = Parrot(line="judged secretly as fine").with_config(tags=["langsmith:nostream"])
whole = Parrot(line="all of it at once", disable_streaming=True)
speaker = Parrot(line="this is for you")


async def route(state: State) -> dict:
    return {"notes": [(await router.ainvoke(state["question"])).text.strip()]}


def assess(state: State) -> dict:
    return {"notes": [judge.invoke(state["question"]).text.strip()]}


async def announce(state: State) -> dict:
    await asyncio.sleep(WORK_SECONDS)
    return {"notes": [(await whole.ainvoke(state["question"])).text.strip()]}


async def speak(state: State) -> dict:
    text = ""
    async for chunk in speaker.astream(state["question"]):
        text += chunk.text
    return {"final_response": text.strip()}


graph = (
    StateGraph(State)
    .add_node(route)
    .add_node(assess)
    .add_node(announce)
    .add_node(speak)
    .add_edge(START, "route")
    .add_edge("route", "assess")
    .add_edge("assess", "announce")
    .add_edge("announce", "speak")
    .compile()
)
