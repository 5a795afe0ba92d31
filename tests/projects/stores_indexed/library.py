"""Files what it is given and answers a question with the nearest of it."""

import asyncio
import operator
import os
from typing import Annotated, TypedDict

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Send

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


class State(TypedDict, total=False):
    texts: list[str]
    question: str
    filed: Annotated[list[str], operator.add]
    final_response: str


def each(state: State):
    return [Send("file", {"text": text}) for text in state.get("texts", [])] or "answer"


def file(state: dict, runtime: Runtime) -> dict:
    runtime.store.put(("library", "shelf"), state["text"], {"text": state["text"], "stamp": "zzzzzzzzzz"})
    return {"filed": [state["text"]]}


async def answer(state: State, runtime: Runtime) -> dict:
    await asyncio.sleep(WORK_SECONDS)
    found = await runtime.store.asearch(("library",), query=state["question"], limit=1)
    return {"final_response": found[0].value["text"] if found else "nothing"}


graph = (
    StateGraph(State)
    .add_node("file", file)
    .add_node("answer", answer)
    .add_conditional_edges(START, each, ["file", "answer"])
    .add_edge("file", "answer")
    .compile()
)
