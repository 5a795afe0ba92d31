"""Keeps what people say, and tells it in every later conversation."""

import asyncio
import hashlib
import os
from typing import TypedDict

from langgraph.config import get_store, get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.store.base import BaseStore

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


class State(TypedDict, total=False):
    person: str
    says: str
    known: list[str]
    people: int
    final_response: str


def key_of(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


async def remember(state: State, runtime: Runtime) -> dict:
    get_stream_writer()({"type": "progress", "message": "writing it down"})
    if state.get("says"):
        await runtime.store.aput(("people", state["person"]), key_of(state["says"]), {"text": state["says"]})
    await asyncio.sleep(WORK_SECONDS)
    return {}


def count(state: State, *, store: BaseStore) -> dict:
    # A sync node: it runs in a thread.
    store.put(("counts",), state["person"], {"visits": visits(store, state["person"]) + 1})
    return {"people": len(store.list_namespaces(prefix=("people",)))}


def visits(store: BaseStore, person: str) -> int:
    found = store.get(("counts",), person)
    return found.value["visits"] if found else 0


async def recall(state: State) -> dict:
    items = await get_store().asearch(("people", state["person"]), limit=100)
    return {"known": sorted(item.value["text"] for item in items)}


def tell(state: State) -> dict:
    return {"final_response": f"{state['person']} said: {', '.join(state['known']) or 'nothing'}"}


builder = StateGraph(State)
for node in (remember, count, recall, tell):
    builder.add_node(node.__name__, node)
builder.add_edge(START, "remember")
builder.add_edge("remember", "count")
builder.add_edge("count", "recall")
builder.add_edge("recall", "tell")
builder.add_edge("tell", END)
graph = builder.compile()
