"""What runs look like in each format, byte for byte; `reasoning` has files of its own."""

from pathlib import Path
from typing import Any

import pytest

from cantata.callbacks.events import WorkflowStarted
from cantata.server.protocols.projected import ProjectedLog
from cantata.server.protocols.view import View
from cantata.server.runs.ids import Cursor
from tests.server_process import ServerProcess
from tests.support.engine import Server, open_server
from tests.support.scripted import ModelBroke, scripted, used
from tests.support.specs import says_it, speaks, tasks
from tests.transcripts.golden import compare, normal
from tests.transcripts.talk import Conversation, run_of

FORMATS = ["compat", "chunks", "session"]


@pytest.mark.parametrize("told", FORMATS)
def test_success_with_a_tool(talk: Conversation, told: str) -> None:
    talk.ask(f"/chat?format={told}", {"message": "two-tools", "agent": "two_tools"})

    compare(f"{told}_success", normal(talk.raw))


def test_success_in_compat_with_tokens(talk: Conversation) -> None:
    talk.ask("/chat?format=compat&tokens=true", {"message": "tool-error", "agent": "tool_error"})

    compare("compat_tokens", normal(talk.raw))


@pytest.mark.parametrize("told", FORMATS)
def test_tool_error(talk: Conversation, told: str) -> None:
    talk.ask(f"/chat?format={told}", {"message": "tool-error", "agent": "tool_error"})

    compare(f"{told}_tool_error", normal(talk.raw))


@pytest.mark.parametrize("told", FORMATS)
def test_model_error_mid_stream(talk: Conversation, told: str) -> None:
    talk.ask(f"/chat?format={told}", {"message": "model-error", "agent": "model_error"})

    compare(f"{told}_model_error_mid_stream", normal(talk.raw))


@pytest.mark.parametrize("told", FORMATS)
def test_cancel_mid_token(talk: Conversation, told: str) -> None:
    body = {"message": f"mid-token-{told}", "agent": "slow_tokens"}

    talk.cancelled(f"/chat?format={told}", body, lambda frame: "three " in frame.raw.decode())

    compare(f"{told}_cancel_mid_token", normal(talk.raw))


@pytest.mark.parametrize("told", FORMATS)
def test_resume_from_the_middle(talk: Conversation, told: str) -> None:
    """Cut in the middle of the second message."""
    body = {"message": "two-tools", "agent": "two_tools"}
    with talk.server.stream("POST", f"/chat?format={told}", body) as stream:
        next(frame for frame in stream if "people " in frame.raw.decode())
    talk.add(f"POST /chat?format={told}", stream)

    with talk.server.stream("POST", f"/chat?format={told}", body, {"Last-Event-ID": str(stream.cursor)}) as rest:
        rest.rest()
    talk.add(f"POST /chat?format={told} with Last-Event-ID", rest)

    compare(f"{told}_resume", normal(talk.raw))


@pytest.mark.parametrize("told", FORMATS)
def test_crash_and_resume(told: str, tmp_path: Path) -> None:
    """The step that was cut is done anew: what it had said is taken back."""
    server = ServerProcess(tmp_path).start()
    talk = Conversation(server)
    try:
        with server.stream(
            "POST", f"/api/workflows?format={told}", {"graph": "nested", "input": {"key": "crash"}}
        ) as s:
            next(frame for frame in s if "second " in frame.raw.decode())
            server.seen(run_of(s), "reasoning_step", index=3)
            server.kill()
        talk.add(f"POST /api/workflows?format={told}", s)
        server.start()
        server.desk.open("crash")
        run_id = run_of(s)
        path = f"/api/workflows/{run_id}/events?format={told}"
        with server.stream("GET", path, headers={"Last-Event-ID": str(s.cursor)}) as rest:
            rest.rest()
        talk.add(f"GET /api/workflows/{{id}}/events?format={told}", rest)

        compare(f"{told}_crash_and_resume", normal(talk.raw))
    finally:
        server.close()


async def told_in(server: Server, run_id: Any, view: View) -> str:
    """Tell a finished run from its start, as it is compared."""
    frames = (await server.page(run_id)).frames
    assert frames is not None
    (first, *_) = frames.events()
    assert isinstance(first, WorkflowStarted)
    opening = f"retry: 1000\nid: {Cursor(run_id, 0)}\n\n".encode()
    return normal(opening + ProjectedLog(run_id, view.projection(first.session_id)).data(frames, 0, view))


async def two_models(folder: Path, told: str, *agents: Any, **spec: Any) -> str:
    """Run two agents side by side as two models, the second one after the first; return the stream."""
    async with open_server(folder, {agent.name: agent.compiled for agent in agents}) as server:
        names = [agent.name for agent in agents]
        run = await server.start(
            "compared", "tea?", definition=tasks(*names, max_concurrency=1, **spec), metadata={"models": names}
        )
        await server.ended(run)
        return await told_in(server, run.id, View(format=told))  # type: ignore[arg-type]  # one of the four


@pytest.mark.parametrize("told", ["compat", "chunks"])
async def test_two_models_side_by_side(told: str, tmp_path: Path) -> None:
    one = says_it("one", ["Tea is ", "a drink.", used(9, 4)])
    two = says_it("two", ["Tea comes ", "from China.", used(9, 6)])

    compare(f"{told}_two_models", await two_models(tmp_path, told, one, two))


@pytest.mark.parametrize("told", ["compat", "chunks"])
async def test_one_of_two_models_fails(told: str, tmp_path: Path) -> None:
    one = speaks("one", scripted(["Tea is ", ModelBroke("the provider hung up")]))
    two = says_it("two", ["Tea comes ", "from China.", used(9, 6)])

    compare(f"{told}_one_model_fails", await two_models(tmp_path, told, one, two, on_error="continue"))
