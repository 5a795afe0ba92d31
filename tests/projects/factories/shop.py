"""A shop whose graphs are made in every way there is."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypedDict

from langchain_core.runnables import RunnableConfig
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph_sdk.runtime import ServerRuntime

PRICE = 12
made = []
open_now = []


class Order(TypedDict):
    item: str


def graph_that_says(text: str) -> StateGraph:
    def sell(state: Order) -> dict[str, str]:
        return {"item": f"{state['item']} {text}"}

    made.append(text)
    return StateGraph(Order).add_node("sell", sell).add_edge(START, "sell")


builder = graph_that_says("from the builder")
unfinished = StateGraph(Order).add_node("sell", lambda state: state)


def make_plain() -> Any:
    return graph_that_says("plain").compile()


def make_configured(config: RunnableConfig) -> Any:
    size = config.get("configurable", {}).get("size", "any")
    return graph_that_says(f"of size {size}").compile()


async def make_async(config: RunnableConfig) -> StateGraph:
    return graph_that_says("made in no hurry")


@contextlib.asynccontextmanager
async def make_managed(config: RunnableConfig) -> AsyncIterator[Any]:
    open_now.append("managed")
    try:
        yield graph_that_says("from the store").compile()
    finally:
        open_now.remove("managed")


async def make_with_runtime(config: RunnableConfig, runtime: ServerRuntime) -> Any:
    return graph_that_says("for a run" if runtime.execution_runtime else "to look at").compile()


def make_failing() -> Any:
    raise ConnectionError("the warehouse does not answer")


def make_wrong() -> Any:
    return 42


@task
def polish(name: str) -> str:
    return name.title()


@entrypoint()
async def greet(name: str) -> str:
    return f"Hello, {await polish(name)}!"
