"""Random walks over a conversation's branches: what a run's thread knows is what stands on its way through the tree."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph

from cantata.server.runs.messages import USER
from cantata.server.runs.requests import RunRequest
from cantata.server.runs.sessions import Sessions, branch_to
from tests.support.engine import OWNER, Server, open_server

Move = tuple[str, int]
"""What is done, and to which message or with which graph; numbers are taken modulo what there is."""

GRAPHS = ("one", "two")
SESSION = "s1"

moves = st.lists(
    st.tuples(st.sampled_from(["send", "send", "edit", "again", "back"]), st.integers(0, 50)), min_size=1, max_size=14
)


def answering(mark: str) -> Any:
    """Make a graph that answers its last message with a mark behind it."""

    async def reply(state: MessagesState) -> dict[str, Any]:
        return {"messages": [AIMessage(f"{state['messages'][-1].text}{mark}")]}

    return StateGraph(MessagesState).add_node("reply", reply).add_edge(START, "reply").compile()


async def request_of(sessions: Sessions, move: Move, number: int) -> RunRequest | None:
    """Say what a move asks for; None when it only goes to another branch."""
    action, choice = move
    found = await sessions.messages(OWNER, SESSION)
    if action == "send" or not found:
        return RunRequest(graph=GRAPHS[choice % 2], input=f"n{number}", session_id=SESSION)
    message = found[choice % len(found)]
    wanted = RunRequest(graph="", input=None)
    if action == "edit" and message.role == USER:
        return await sessions.edited(OWNER, message, f"n{number}", wanted)
    if action == "again":
        return await sessions.repeated(OWNER, message, wanted)
    await sessions.change(OWNER, SESSION, head=message.message_id)
    return None


async def walked(server: Server, steps: list[Move]) -> list[tuple[list[str], list[str]]]:
    """Make the moves; return for each run what its thread knew at the end, and what stands on its way."""
    sessions = Sessions(server.backend.sessions, server.backend.store)
    outcomes: list[tuple[list[str], list[str]]] = []
    for number, move in enumerate(steps):
        request = await request_of(sessions, move, number)
        if request is None:
            continue
        run = (await server.service.start(OWNER, request)).run
        workflow = await server.ended(run)
        session = await sessions.get(OWNER, SESSION)
        assert session.head_id == run.id
        way = branch_to(await sessions.messages(OWNER, SESSION), session.head_message_id)
        outcomes.append((known(workflow), [message.content for message in way]))
    return outcomes


def known(workflow: dict[str, Any]) -> list[str]:
    return [message["content"] for message in workflow["output"]["messages"]]


@given(moves)
@settings(max_examples=30)
def test_a_run_knows_what_stands_on_its_way(steps: list[Move]) -> None:
    async def main() -> list[tuple[list[str], list[str]]]:
        with tempfile.TemporaryDirectory() as folder:
            graphs = {"one": answering("!"), "two": answering("?")}
            async with open_server(Path(folder), graphs) as server:
                return await walked(server, steps)

    outcomes = asyncio.run(main())

    assert [knew for knew, _ in outcomes] == [way for _, way in outcomes]
