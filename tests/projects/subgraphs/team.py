"""One clerk in three kinds of employment: who remembers, who forgets, who shares the thread's memory."""

import asyncio
import operator
import os
import time
from typing import Annotated, TypedDict

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.graph import END, START, StateGraph

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


class ClerkState(TypedDict, total=False):
    request: str
    shelf: Annotated[list[str], operator.add]
    files: list[str]


class DeskState(TypedDict, total=False):
    request: str
    files: list[str]
    final_response: str


async def read(state: ClerkState) -> dict:
    model = GenericFakeChatModel(messages=iter([AIMessage(f"reading about {state['request']}")]))
    await model.ainvoke(state["request"])
    await asyncio.sleep(WORK_SECONDS)
    return {}


def put_away(state: ClerkState) -> dict:
    time.sleep(WORK_SECONDS)
    return {"shelf": [state["request"]], "files": [*state.get("shelf", []), state["request"]]}


clerk = StateGraph(ClerkState)
clerk.add_node(read)
clerk.add_node(put_away)
clerk.add_edge(START, "read")
clerk.add_edge("read", "put_away")
clerk.add_edge("put_away", END)

remembering = clerk.compile(checkpointer=True, name="remembering")
forgetting = clerk.compile(checkpointer=False, name="forgetting")
ordinary = clerk.compile(name="ordinary")


def report(state: DeskState) -> dict:
    return {"final_response": f"{len(state['files'])} on file, the last is {state['files'][-1]}"}


def desk(work):
    return (
        StateGraph(DeskState)
        .add_node("clerk", work)
        .add_node("report", report)
        .add_edge(START, "clerk")
        .add_edge("clerk", "report")
        .add_edge("report", END)
        .compile()
    )


def caller(graph):
    async def call(state: DeskState) -> dict:
        answer = await graph.ainvoke({"request": state["request"]})
        return {"files": answer["files"]}

    return call


archivist = (
    StateGraph(ClerkState).add_node(put_away).add_edge(START, "put_away").compile(checkpointer=True, name="archivist")
)


def call_in_thread(state: DeskState) -> dict:
    return {"files": archivist.invoke({"request": state["request"]})["files"]}


stateful, stateless, plain = desk(remembering), desk(forgetting), desk(ordinary)
called_stateful, called_stateless, called_plain = (desk(caller(g)) for g in (remembering, forgetting, ordinary))
called_sync = desk(call_in_thread)
