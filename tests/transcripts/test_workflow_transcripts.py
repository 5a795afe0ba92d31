"""What compiled specs look like on the wire: each shape, and what happens to branches that run at once.

The agents are scripted, so that a better offline model changes nothing here. Branches that run at once are written one
after the other, see `lanes.py`.
"""

from pathlib import Path
from typing import Any

import pytest

from cantata.graphs.agent import GraphAgent
from cantata.graphs.shapes import hierarchical
from tests.support.engine import OWNER, Server, open_server, unwatched
from tests.support.invariants import check_invariants
from tests.support.scripted import Pause, call, reasoning, scripted, used
from tests.support.specs import asked, fails, led, says_it, speaks, steps, tasks
from tests.transcripts.golden import compare, normal
from tests.transcripts.lanes import in_lanes

RESEARCHER = says_it("researcher", [reasoning("Where to look? "), "Tea ", "comes from China.", used(9, 4)])
WRITER = says_it("writer", ["Tea is ", "a drink."])
CRITIC = says_it("critic", ["Too ", "short."])


async def transcript(server: Server, spec: dict[str, Any], title: str = "tea") -> str:
    """Run *spec* to its end and return its log."""
    run = await server.start("team", title, definition=spec, session_id="transcript")
    await server.ended(run)
    return await log_of(server, run)


async def log_of(server: Server, run: Any) -> str:
    """Return a run's log as it is compared."""
    check_invariants(await server.events(run.id))
    frames = (await server.page(run.id)).frames
    assert frames is not None
    return normal(in_lanes(frames.data))


def graphs_of(*agents: GraphAgent) -> dict[str, Any]:
    return {agent.name: agent.compiled for agent in agents}


@pytest.fixture
def _scripted_boss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Script the model of every manager."""
    delegate = call("delegate_to_researcher", {"task": "Find out about tea.", "reason": "It knows where to look."})
    second = call("delegate_to_writer", {"task": "Write about tea.", "reason": "It writes."}, "call_2")
    model = scripted([reasoning("Two can help. "), delegate, second, used(20, 9)], ["Both ", "are done.", used(30, 3)])
    monkeypatch.setattr(hierarchical, "model_call", lambda runtime, tools, tool_choice=None: model)


async def test_sequential(tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(RESEARCHER, WRITER)) as server:
        spec = steps("researcher", {"agent": "writer", "transform": "length(@)"})

        compare("workflow_sequential", await transcript(server, spec))


async def test_parallel(tmp_path: Path) -> None:
    async with open_server(tmp_path, graphs_of(RESEARCHER, WRITER, CRITIC)) as server:
        compare(
            "workflow_parallel", await transcript(server, tasks("researcher", "writer", "critic", aggregate="concat"))
        )


@pytest.mark.usefixtures("_scripted_boss")
async def test_hierarchical(tmp_path: Path) -> None:
    boss = says_it("boss", "never asked")
    async with open_server(tmp_path, graphs_of(boss, RESEARCHER, WRITER)) as server:
        compare("workflow_hierarchical", await transcript(server, led("boss", "researcher", "writer")))


@pytest.mark.usefixtures("_scripted_boss")
async def test_nested(tmp_path: Path) -> None:
    boss = says_it("boss", "never asked")
    spec = steps(
        "researcher",
        tasks(steps("writer", "critic", name="text"), led("boss", "researcher", "writer"), aggregate="first"),
        {"agent": "critic", "when": "contains(@, 'long')"},
    )
    async with open_server(tmp_path, graphs_of(boss, RESEARCHER, WRITER, CRITIC)) as server:
        compare("workflow_nested", await transcript(server, spec))


async def test_cancel_in_parallel(tmp_path: Path) -> None:
    """One branch has finished, two are cut in the middle of a sentence."""
    pauses = [Pause(), Pause()]
    slow = [speaks(f"slow_{n}", scripted(["Let me ", pause, "think."])) for n, pause in enumerate(pauses)]
    async with open_server(tmp_path, graphs_of(WRITER, *slow)) as server:
        run = await server.start("team", "tea", definition=tasks("slow_0", "writer", "slow_1"), session_id="transcript")
        for pause in pauses:
            await pause.reached.wait()
        while not any(event.__struct_config__.tag == "progress" for event in await server.events(run.id)):
            await server.reached(run, len(await server.events(run.id)) + 1)
        await server.service.cancel(OWNER, run.id, "tester", "enough")
        await server.ended(run)

        compare("workflow_cancel_in_parallel", await log_of(server, run))


async def test_failing_branch_with_continue(tmp_path: Path) -> None:
    spec = tasks("writer", "broken", on_error="continue", aggregate="concat")
    async with open_server(tmp_path, graphs_of(WRITER, fails("broken"))) as server:
        compare("workflow_failing_branch", await transcript(server, spec))


async def test_two_questions_at_once_and_their_answers(tmp_path: Path) -> None:
    spec = tasks(steps("writer", asked("Print it?")), asked("Order paper?"), aggregate="list")
    async with open_server(tmp_path, graphs_of(WRITER)) as server:
        run = await server.start("team", "tea", definition=spec, session_id="transcript")
        waiting = await server.ended(run)
        answers = [{"approved": True}, {"approved": True, "value": "100 sheets"}]
        asked_for = sorted(waiting["interrupts"], key=lambda question: question["value"]["prompt"], reverse=True)
        responses = {question["id"]: answer for question, answer in zip(asked_for, answers, strict=True)}
        resumed, seq = await server.service.resume(OWNER, run.id, responses, None)
        await server.reached(resumed, seq)
        await server.service.wait(resumed, seq, unwatched)

        compare("workflow_two_questions", await log_of(server, resumed))
