"""Random graphs: nested, parallel and repeated nodes that speak, think, call tools, ask, wait and fail."""

import asyncio
from dataclasses import dataclass
from typing import Any, Literal

from hypothesis import strategies as st
from langchain_core.callbacks import adispatch_custom_event, dispatch_custom_event
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from tests.support.graphs import NOTHING, ONCE_MORE, Log, fan_out, parallel
from tests.support.scripted import ScriptedChat, call, reasoning, scripted, used

SECRETS = ("canary-51f0c7aa", "canary-90b1e6dd")

Deed = Literal["speak", "speak_in_thread", "silent", "say", "tool", "failing_tool", "note", "progress", "fail", "yield"]
DEEDS: tuple[Deed, ...] = (
    "speak",
    "speak_in_thread",
    "silent",
    "say",
    "tool",
    "failing_tool",
    "note",
    "progress",
    "fail",
    "yield",
)


@dataclass(frozen=True)
class Leaf:
    """A node that does these things in order."""

    deeds: tuple[Deed, ...]


@dataclass(frozen=True)
class Group:
    """A graph of nodes: in a row, at once, or one sent out many times; tried twice when it `retries`."""

    kind: Literal["row", "parallel", "fan_out"]
    parts: "tuple[Shape, ...]"
    retries: bool


Shape = Leaf | Group

leaves = st.builds(Leaf, st.lists(st.sampled_from(DEEDS), max_size=4).map(tuple))
harmless = st.builds(Leaf, st.lists(st.sampled_from([d for d in DEEDS if d != "fail"]), max_size=4).map(tuple))


def groups(inner: st.SearchStrategy[Shape]) -> st.SearchStrategy[Group]:
    """Draw groups of *inner*."""
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(Group, st.sampled_from(["row", "parallel", "fan_out"]), parts, st.booleans())


shapes: st.SearchStrategy[Group] = groups(st.recursive(leaves, groups, max_leaves=6))
"""Whole graphs."""


def compiled(shape: Group) -> Any:
    """Make the graph."""
    nodes = {f"n{number}": _node(part) for number, part in enumerate(shape.parts)}
    retry = ONCE_MORE if shape.retries else None
    match shape.kind:
        case "parallel":
            return parallel(**nodes)
        case "fan_out":
            return fan_out(len(shape.parts), nodes["n0"])
        case "row":
            builder = StateGraph(Log)
            last = START
            for name, node in nodes.items():
                builder.add_node(name, node, retry_policy=retry)
                builder.add_edge(last, name)
                last = name
            builder.add_edge(last, END)
            return builder.compile()


@tool
async def look_up(key: str, password: str) -> str:
    """Look up."""
    return f"found {key}"


@tool
def break_down(key: str) -> str:
    """Break."""
    raise LookupError(f"nothing under {key}")


def _model() -> ScriptedChat:
    return scripted([reasoning("hm "), "one ", "two", call("look_up", {"key": SECRETS[0]}), used(5, 3)])


def _node(shape: Shape) -> Any:
    if isinstance(shape, Group):
        return compiled(shape)
    if "speak_in_thread" in shape.deeds:
        return _sync_node(shape.deeds)

    async def node(state: Any) -> Any:
        for deed in shape.deeds:
            await _do(deed)
        return {"log": [f"kept {SECRETS[0]}"]}

    return node


async def _do(deed: Deed) -> None:
    match deed:
        case "speak":
            await _model().ainvoke("go")
        case "silent":
            await _model().ainvoke("go", {"tags": ["nostream"]})
        case "say":
            get_stream_writer()({"type": "message_delta", "text": "my word"})
        case "tool":
            await look_up.ainvoke({"key": SECRETS[1], "password": "hunter2-hunter2"})
        case "failing_tool":
            await _broken()
        case "note":
            await adispatch_custom_event("note", {"secret": "hunter2-hunter2", "text": SECRETS[0]})
        case "progress":
            get_stream_writer()({"type": "progress", "percent": 40, "message": f"near {SECRETS[1]}"})
        case "fail":
            raise ValueError(f"refused {SECRETS[1]}")
        case "yield" | "speak_in_thread":
            await asyncio.sleep(0)


async def _broken() -> None:
    try:
        await break_down.ainvoke({"key": SECRETS[0]})
    except LookupError:
        await asyncio.sleep(0)


def _sync_node(deeds: tuple[Deed, ...]) -> Any:
    def node(state: Any) -> Any:
        for deed in deeds:
            match deed:
                case "speak" | "speak_in_thread":
                    _model().invoke("go")
                case "note" | "say" | "progress":
                    dispatch_custom_event("note", {"token": "hunter2-hunter2", "text": SECRETS[1]})
                case "tool":
                    look_up_now.invoke({"key": SECRETS[0]})
                case "fail":
                    raise ValueError(f"refused {SECRETS[0]}")
        return NOTHING

    return node


@tool
def look_up_now(key: str) -> str:
    """Look up, in a thread."""
    return f"found {key}"
