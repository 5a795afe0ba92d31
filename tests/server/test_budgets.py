"""A user's day of tokens and costs: a run that has used it up waits at a checkpoint, and goes on when it is resumed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.engine import OWNER, Server, open_server
from tests.support.graphs import NOTHING, chain, parallel, says, says_in_thread
from tests.support.invariants import check_invariants
from tests.support.scripted import ScriptedChat, scripted, text, used

from cantata.callbacks.events import StoredEvent, Usage, WorkflowInterrupted
from cantata.server.errors import BudgetExceeded
from cantata.server.runs.allowances import Allowance, Allowances
from cantata.server.runs.model import ModelCall, Run, Spent

BUDGET = Allowance(tokens=20)
ALLOWANCES = Allowances(known=BUDGET, unknown=BUDGET, factors={"admin": 10.0})
A_DAY = 24 * 3600.0
ALL = ["one", "two", "three"]


def model(*words: str) -> ScriptedChat:
    """Say each of *words* in a call of ten tokens."""
    return scripted(*([text(word), used(6, 4)] for word in words))


def talking(build: Any = says) -> Any:
    """Make a graph of three calls, one after another."""
    chat = model(*ALL)
    return chain(**{name: build(chat) for name in ALL})


def a_call(tokens: int) -> ModelCall:
    """Make a model call of the owner's that is none of a run's."""
    usage = Usage(total_tokens=tokens, cost_usd=0.0)
    return ModelCall(owner=OWNER, session_id="s", graph="g", agent="a", model="m", usage=usage)


def last(events: Sequence[StoredEvent]) -> WorkflowInterrupted:
    """Return the question that a log ends with."""
    assert isinstance(events[-1], WorkflowInterrupted)
    return events[-1]


async def next_day(server: Server, run: Run) -> dict[str, Any]:
    """Let a day pass, and resume."""
    server.backend.clock.advance(A_DAY)
    resumed, _ = await server.service.resume(OWNER, run.id, {}, None, BUDGET)
    return await server.ended(resumed)


@pytest.mark.parametrize("build", [says, says_in_thread])
async def test_a_run_waits_once_its_budget_is_used_up_and_goes_on_the_next_day(tmp_path: Path, build: Any) -> None:
    async with open_server(tmp_path, {"talk": talking(build)}, allowances=ALLOWANCES) as server:
        run = await server.start("talk", NOTHING)
        waiting = await server.ended(run)
        paused = await server.events(run.id)
        workflow = await next_day(server, run)
        check_invariants(await server.events(run.id))

    assert (waiting["status"], waiting["interrupt_cause"]) == ("interrupted", "budget")
    assert (last(paused).interrupts, last(paused).nodes) == ([], ["three"])
    assert [step["name"] for step in waiting["steps"]] == ["one", "two"]
    assert workflow["status"] == "completed"
    assert workflow["output"] == {"log": ALL}
    assert [step["attempt"] for step in workflow["steps"]] == [1, 1, 1]
    assert workflow["usage"]["total_tokens"] == 30


async def test_a_run_can_not_be_resumed_while_nothing_is_left(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"talk": talking()}, allowances=ALLOWANCES) as server:
        run = await server.start("talk", NOTHING)
        await server.ended(run)

        with pytest.raises(BudgetExceeded):
            await server.service.resume(OWNER, run.id, {}, None, BUDGET)

        assert (await server.service.get(OWNER, run.id)).status == "interrupted"


async def test_a_run_that_waited_in_the_queue_while_the_budget_was_used_up_does_nothing_yet(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"talk": talking()}, allowances=ALLOWANCES) as server:
        await server.backend.usage.add(a_call(20))
        run = await server.start("talk", NOTHING)
        waiting = await server.ended(run)
        again = await server.ended((await server.service.resume(OWNER, run.id, {}, None))[0])
        workflow = await next_day(server, run)

    assert (waiting["interrupt_cause"], waiting["interrupt_nodes"], waiting["steps"]) == ("budget", [], [])
    assert (again["interrupt_cause"], again["steps"]) == ("budget", [])
    assert [step["name"] for step in workflow["steps"]] == ["one", "two"]


async def test_the_last_superstep_is_finished_and_counted_whole(tmp_path: Path) -> None:
    """Calls that are under way when the budget ends have been paid for."""
    chats = {name: says(model(name)) for name in ALL}
    async with open_server(tmp_path, {"talk": parallel(**chats)}, allowances=ALLOWANCES) as server:
        run = await server.start("talk", NOTHING)
        waiting = await server.ended(run)
        spent = await server.backend.usage.today(OWNER)
        workflow = await next_day(server, run)

    assert waiting["interrupt_nodes"] == ["join"]
    assert spent == Spent(30, 0.0)
    assert sorted(workflow["output"]["log"]) == sorted(ALL)


async def test_a_run_within_a_run_waits_where_it_is(tmp_path: Path) -> None:
    graph = chain(before=says(model("zero")), inner=talking())
    async with open_server(tmp_path, {"talk": graph}, allowances=ALLOWANCES) as server:
        run = await server.start("talk", NOTHING)
        waiting = await server.ended(run)
        workflow = await next_day(server, run)
        check_invariants(await server.events(run.id))

    assert [step["name"] for step in waiting["steps"]] == ["before", "inner", "one"]
    assert workflow["status"] == "completed"
    assert workflow["output"]["log"][-3:] == ALL


async def test_a_budget_that_the_last_call_uses_up_does_not_keep_the_run_from_its_end(tmp_path: Path) -> None:
    graph = chain(one=says(model("one")), two=says(model("two")))
    async with open_server(tmp_path, {"talk": graph}, allowances=ALLOWANCES) as server:
        workflow = await server.ended(await server.start("talk", NOTHING))

    assert workflow["status"] == "completed"


async def test_an_admin_has_so_many_times_as_much(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"talk": talking()}, allowances=ALLOWANCES) as server:
        workflow = await server.ended(await server.start("talk", NOTHING, role="admin"))

    assert workflow["status"] == "completed"


async def test_costs_count_as_tokens_do(tmp_path: Path) -> None:
    chat = scripted(["a", used(1_000_000, 0)], ["b"], model_name="gemini-2.5-flash", provider="google_genai")
    allowances = Allowances(unknown=Allowance(cost_usd=0.1))
    async with open_server(tmp_path, {"talk": chain(one=says(chat), two=says(chat))}, allowances=allowances) as server:
        waiting = await server.ended(await server.start("talk", NOTHING))
        spent = await server.backend.usage.today(OWNER)

    assert waiting["interrupt_cause"] == "budget"
    assert spent.cost_usd == waiting["usage"]["cost_usd"] >= 0.1


async def test_without_a_budget_all_is_counted_and_nothing_waits(tmp_path: Path) -> None:
    async with open_server(tmp_path, {"talk": talking()}) as server:
        workflow = await server.ended(await server.start("talk", NOTHING))

        assert workflow["status"] == "completed"
        assert await server.backend.usage.today(OWNER) == Spent(30, 0.0)
