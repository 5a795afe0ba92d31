"""Small workflows without an agent; most of them tell in a file which node ran."""

import asyncio
import operator
import os
from typing import Annotated, Any, TypedDict

from desk import gate, note
from langgraph.config import get_stream_writer
from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph.types import Command, RetryPolicy, Send, interrupt
from scripted import ScriptedModel


class Flow(TypedDict, total=False):
    key: str
    seconds: float
    said: Annotated[list[str], operator.add]
    final_response: str


async def say(text: str) -> str:
    """Let a model say it, so that it streams."""
    return (await ScriptedModel(scripts=[[text]]).ainvoke("go on")).text.strip()


def speaking(name: str, then: Any = None) -> Any:
    """Make a node that says its name, then does something."""

    async def node(state: Flow) -> dict:
        count = note(state["key"], name)
        said = await say(f"this is {name}")
        if then is not None:
            await then(state, count)
        return {"said": [said]}

    return node


def chain(*nodes: tuple[str, Any]) -> StateGraph:
    builder = StateGraph(Flow)
    before = START
    for name, node in nodes:
        builder.add_node(name, node).add_edge(before, name)
        before = name
    return builder


# A node that fails once, after its subgraph.

inner_of_retry = chain(("draft", speaking("draft")), ("polish", speaking("polish"))).compile()


async def fragile(state: Flow) -> dict:
    count = note(state["key"], "fragile")
    await inner_of_retry.ainvoke({"key": state["key"]})
    if count == 1:
        raise ConnectionError("the printer is out of paper")
    return {"final_response": "printed"}


retry = (
    StateGraph(Flow)
    .add_node("fragile", fragile, retry_policy=RetryPolicy(initial_interval=0.01, jitter=False, max_attempts=3))
    .add_edge(START, "fragile")
    .compile()
)


# A question to a human in a subgraph, and one after it.


async def ask(state: Flow) -> dict:
    note(state["key"], "ask")
    answer = interrupt({"question": "May I?"})
    return {"said": [f"the answer was {answer}"]}


async def act(state: Flow) -> dict:
    note(state["key"], "act")
    return {"final_response": state["said"][-1]}


inner_of_approval = chain(("prepare", speaking("prepare")), ("ask", ask)).compile()
approval = chain(("desk", inner_of_approval), ("act", act)).compile()


async def ask_again(state: Flow) -> dict:
    answers = [interrupt("first?"), interrupt("second?")]
    return {"final_response": " ".join(answers)}


two_questions = chain(("prepare", speaking("prepare")), ("ask", ask_again)).compile()
with_breakpoint = chain(("write", speaking("write")), ("publish", speaking("publish"))).compile(
    interrupt_before=["publish"]
)


# One agent hands over to another in the graph around both.


async def alice(state: Flow) -> Command:
    note(state["key"], "alice")
    await say("bob knows that")
    return Command(goto="bob", update={"said": ["alice asked bob"]}, graph=Command.PARENT)


handoff = (
    StateGraph(Flow)
    .add_node("alice", chain(("think", alice)).compile())
    .add_node("bob", chain(("answer", speaking("bob"))).compile())
    .add_edge(START, "alice")
    .compile()
)


# Branches that take their time.


async def branch(state: Any) -> dict:
    name = f"branch{state['number']}"
    note(state["key"], name)
    await say(f"this is {name}")
    await gate(f"{state['key']}-{name}")
    return {"said": [name]}


async def plan(state: Flow) -> dict:
    note(state["key"], "plan")
    return {}


async def gather(state: Flow) -> dict:
    note(state["key"], "gather")
    return {"final_response": " ".join(sorted(state["said"]))}


fan_out = (
    StateGraph(Flow)
    .add_node("plan", plan)
    .add_node("branch", branch)
    .add_node("gather", gather)
    .add_edge(START, "plan")
    .add_conditional_edges(
        "plan", lambda state: [Send("branch", {"key": state["key"], "number": n}) for n in range(3)], ["branch"]
    )
    .add_edge("branch", "gather")
    .compile()
)


# Nodes below nodes, the second of which waits.


async def wait(state: Flow, count: int) -> None:
    await gate(state["key"])


inner_of_nested = chain(("first", speaking("first")), ("second", speaking("second", wait))).compile()
nested = chain(("before", speaking("before")), ("inner", inner_of_nested), ("after", speaking("after"))).compile()


async def linger(state: Flow, count: int) -> None:
    await asyncio.sleep(state.get("seconds", 0.02))


inner_of_steps = chain(*((f"s{n}", speaking(f"s{n}", linger)) for n in range(4, 7))).compile()
steps = chain(
    *((f"s{n}", speaking(f"s{n}", linger)) for n in range(1, 4)),
    ("inner", inner_of_steps),
    *((f"s{n}", speaking(f"s{n}", linger)) for n in range(7, 9)),
).compile()
one_node = chain(("only", speaking("only", linger))).compile()


def barred(name: str) -> tuple[str, Any]:
    """Make a node that waits at a gate of its own."""

    async def bar(state: Flow, count: int) -> None:
        await gate(f"{state['key']}-{name}")

    return name, speaking(name, bar)


inner_of_barred_steps = chain(*(barred(f"s{n}") for n in range(4, 7))).compile()
barred_steps = chain(
    *(barred(f"s{n}") for n in range(1, 4)), ("inner", inner_of_barred_steps), *(barred(f"s{n}") for n in range(7, 9))
).compile()


# Code that knows no asyncio.


def count(state: Flow) -> dict:
    note(state["key"], "count")
    write = get_stream_writer()
    for number in range(3):
        write({"type": "message_delta", "text": f"{number} "})
    write({"type": "progress", "percent": 50, "message": "half"})
    write({"type": "file_change", "path": "a.txt", "action": "created"})
    return {"said": ["counted"]}


def finish(state: Flow) -> dict:
    note(state["key"], "finish")
    return {"final_response": "sync is fine"}


threads = chain(("count", count), ("finish", finish)).compile()


@task
async def square(number: int) -> int:
    return number * number


@entrypoint()
async def functional(given: dict) -> dict:
    note(given["key"], "functional")
    squares = [await square(n) for n in range(3)]
    return {"final_response": f"squares {squares}"}


# What takes the process with it.


async def die(state: Flow) -> dict:
    note(state["key"], "die")
    await say("now I die")
    await asyncio.sleep(0.05)
    os._exit(3)


poison = chain(("alive", speaking("alive")), ("die", die)).compile()
poison_at_once = chain(("die", die)).compile()
