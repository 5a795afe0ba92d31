"""The graphs that are measured, the same ones through the server and raw. They know nothing of the server.

    bench: model ─▶ tool ─▶ model, half of the tokens in each turn
    tiny:  one node that writes one value

A token's text is the moment of its emission, so that whoever receives it can tell how long it took.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, AnyMessage, BaseMessage, ToolMessage
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from typing_extensions import TypedDict  # pydantic refuses typing.TypedDict below Python 3.12

STAMP_DIGITS = 19  # `@`, these, `@` and a blank: 22 bytes a token


class BenchState(TypedDict, total=False):
    """A conversation, and how fast its model is to speak."""

    messages: Annotated[list[AnyMessage], add_messages]
    tokens: int
    pace_seconds: float
    text: str


class StampingModel(BaseChatModel):
    """Says when it speaks; calls a tool in its first turn."""

    tokens: int
    pace_seconds: float
    text: str | None

    @property
    def _llm_type(self) -> str:
        return "stamping"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: object,
    ) -> ChatResult:
        raise NotImplementedError("This model only streams.")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **options: object,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for _ in range(self.tokens):
            await asyncio.sleep(self.pace_seconds)  # of 0, too: the loop has one turn a token
            yield _piece(self.text or f"@{time.monotonic_ns():0{STAMP_DIGITS}}@ ")
        if not isinstance(messages[-1], ToolMessage):
            yield _call()


@tool
async def look_up(place: str) -> str:
    """Tell the weather at a place."""
    return f"Sunny at {place}."


def next_node(state: BenchState) -> Literal["tool", "__end__"]:
    """Use the tool once."""
    return "tool" if getattr(state["messages"][-1], "tool_calls", None) else "__end__"


async def speak(state: BenchState) -> BenchState:
    """Let the model say its half of the tokens."""
    messages = state["messages"]
    half = state["tokens"] // 2
    tokens = half if isinstance(messages[-1], ToolMessage) else state["tokens"] - half
    model = StampingModel(tokens=tokens, pace_seconds=state.get("pace_seconds", 0.0), text=state.get("text"))
    return {"messages": [await model.ainvoke(messages)]}


class TinyState(TypedDict, total=False):
    """One value in, one out."""

    question: str
    answer: str


async def answer(state: TinyState) -> TinyState:
    """Answer at once."""
    return {"answer": state["question"].upper()}


def build() -> CompiledStateGraph[BenchState, None, BenchState, BenchState]:
    """Compile the benched graph, without a checkpointer."""
    return (
        StateGraph(BenchState)
        .add_node("model", speak)
        .add_node("tool", ToolNode([look_up]))
        .add_edge(START, "model")
        .add_conditional_edges("model", next_node)
        .add_edge("tool", "model")
        .compile(name="bench")
    )


def build_tiny() -> CompiledStateGraph[TinyState, None, TinyState, TinyState]:
    """Compile the smallest graph there is."""
    return StateGraph(TinyState).add_node("answer", answer).add_edge(START, "answer").compile(name="tiny")


def bench_input(tokens: int, pace_seconds: float = 0.0) -> dict[str, object]:
    """Ask the benched graph for *tokens* tokens."""
    return {
        "messages": [{"role": "user", "content": "What is the weather?"}],
        "tokens": tokens,
        "pace_seconds": pace_seconds,
    }


def _piece(text: str) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=text))


def _call() -> ChatGenerationChunk:
    call = tool_call_chunk(name="look_up", args='{"place": "Cairo"}', id="call_1", index=0)
    return ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[call]))


graph = build()
tiny = build_tiny()
