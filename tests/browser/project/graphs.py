"""Graphs that put the page to the test: text that attacks it, more events than it can draw, answers that wait."""

import asyncio
import os
from pathlib import Path
from typing import Any, TypedDict

from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.config import get_stream_writer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

DESK = Path(os.environ.get("SCENARIO_DESK", "/tmp/scenario-desk"))
FLOOD_EVENTS, FLOOD_PER_SECOND, FLOOD_TOOLS = 2_000, 500, 60
WIDTH = 40  # columns and rows of the table

ATTACKS = [
    "NUL \x00 and bell \x07 and escape \x1b[31m.\n\n",
    "A lone surrogate: \ud800 and its other half: \udc00.\n\n",
    "event: admin\ndata: {}\n\nid: 99\n\n",
    '<script>document.title = "owned"</script> <b onmouseover="alert(1)">bold</b>\n\n',
    '<img src=x onerror="document.title=\'owned\'"> <svg onload="alert(1)"></svg>'
    " <style>body{display:none}</style>\n\n",
    "[a link](javascript:document.title='owned') [data](data:text/html,<script>alert(1)</script>)"
    " [good](https://example.org)\n\n",
    "![an image](https://example.org/track.png)\n\n",
    "\u202e reversed \u202c and \u2066 isolated \u2069.\n\n",
    "```html\n</code></pre><script>alert(1)</script>\n```\n\n",
    "|" + "".join(f" column {n} |" for n in range(WIDTH)) + "\n|" + " --- |" * WIDTH + "\n",
    "".join("|" + "".join(f" {row}.{n} |" for n in range(WIDTH)) + "\n" for row in range(WIDTH)),
    "\n" + "unbroken" * 100 + "\n\nThe end.",
]
PARAGRAPH = (
    "## Part {n}\n\nSome **bold** words, some `code`, and [a link](https://example.org/{n}) in a sentence"
    " that goes on.\n\n"
    "- first point\n- second point\n\n```python\ndef part_{n}() -> int:\n    return {n}\n```\n\n"
)


class Given(TypedDict, total=False):
    """What a node is given when it is not a conversation."""

    text: str
    final_response: str


@tool
async def look_up(what: str) -> str:
    """Look something up."""
    return f"There is nothing to say about {what}."


@tool
async def echo_markup(what: str) -> str:
    """Answer with what may not be carried out."""
    return f"<script>alert(1)</script>\n\nevent: admin\ndata: {what}\x00"


def say(text: str) -> None:
    """Tell a piece of the answer."""
    get_stream_writer()({"type": "message_delta", "text": text})


async def gate(name: str) -> None:
    """Wait until the test lets the graph go on."""
    while not (DESK / f"{name}.open").exists():  # noqa: ASYNC110 - a file, which a killed process finds again
        await asyncio.sleep(0.005)


async def attack(state: MessagesState) -> dict[str, Any]:
    """Say everything that a page may fall for, thought aloud, as a tool's output and as the answer."""
    get_stream_writer()({"type": "agent_thinking", "text": ATTACKS[3]})
    get_stream_writer()({"type": "progress", "percent": 50, "message": "<i>half</i>"})
    await echo_markup.ainvoke({"what": "</script><script>alert(1)</script>"})
    for text in ATTACKS:
        say(text)
    return {"messages": [AIMessage("".join(ATTACKS))]}


async def pour(state: MessagesState) -> dict[str, Any]:
    """Wait for the gate that the question names, then say a long answer quickly, with tools in between."""
    await gate(state["messages"][-1].text)
    text = "".join(PARAGRAPH.format(n=n) for n in range(20_000 // len(PARAGRAPH))) + "The end."
    deltas = FLOOD_EVENTS - 2 * FLOOD_TOOLS
    edges = [number * len(text) // deltas for number in range(deltas + 1)]
    loop = asyncio.get_running_loop()
    began = loop.time()
    for number in range(deltas):
        if number % (deltas // FLOOD_TOOLS) == 0:
            await look_up.ainvoke({"what": f"part {number}"})
        say(text[edges[number] : edges[number + 1]])
        await asyncio.sleep(max(0.0, began + number * FLOOD_EVENTS / deltas / FLOOD_PER_SECOND - loop.time()))
    return {"messages": [AIMessage(text)]}


async def hold(state: MessagesState) -> dict[str, Any]:
    """Say one half, wait for the gate that the question names, and say the other."""
    say("The first half is said. ")
    await gate(state["messages"][-1].text)
    say("The second half is said, too.")
    return {"messages": [AIMessage("The first half is said. The second half is said, too.")]}


async def repeat(state: MessagesState) -> dict[str, Any]:
    """Say what was said, thought aloud first, piece by piece."""
    text = state["messages"][-1].text
    get_stream_writer()({"type": "agent_thinking", "text": text})
    for start in range(0, len(text), 7):
        say(text[start : start + 7])
    return {"messages": [AIMessage(text)]}


async def ask(state: Given) -> Given:
    """Ask a human."""
    answer = interrupt({"question": "Shall I send it?", "text": state.get("text", "")})
    return {"final_response": f"The answer was {answer}."}


async def fall(state: MessagesState) -> dict[str, Any]:
    """Say something, then fail."""
    say("It went well so far, ")
    raise ConnectionError("the printer is out of paper")


hostile = StateGraph(MessagesState).add_node("attack", attack).add_edge(START, "attack").compile()
flood = StateGraph(MessagesState).add_node("pour", pour).add_edge(START, "pour").compile()
held = StateGraph(MessagesState).add_node("hold", hold).add_edge(START, "hold").compile()
repeated = StateGraph(MessagesState).add_node("repeat", repeat).add_edge(START, "repeat").compile()
question = StateGraph(Given).add_node("ask", ask).add_edge(START, "ask").compile()
broken = StateGraph(MessagesState).add_node("fall", fall).add_edge(START, "fall").compile()
