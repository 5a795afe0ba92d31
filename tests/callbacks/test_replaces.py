"""`replaces`: which earlier steps a start makes void. A reader infers nothing, so the list must be right."""

import asyncio
from typing import Any

from langgraph.types import Command, Send

from cantata.callbacks.events import MessageStart, StepStart
from cantata.server.persistence.uncheckpointed import mend_subgraphs_without_checkpointer
from tests.support.graphs import (
    NOTHING,
    Flaky,
    Log,
    asks,
    by_hand,
    chain,
    chain_without_checkpointer,
    fan_out,
    nested,
    parallel,
    quiet,
    says,
    wrote,
)
from tests.support.harness import GraphRun, of_type
from tests.support.scripted import Pause, scripted

mend_subgraphs_without_checkpointer()


class Waits:
    """A node that waits at each of its pauses, one a call, and then no more."""

    def __init__(self, *pauses: Pause) -> None:
        self._pauses = list(pauses)
        self.__name__ = "waits"

    async def __call__(self, state: Any) -> Any:
        if self._pauses:
            await self._pauses.pop(0).wait()
        return wrote("waited")


def replaced(run: GraphRun) -> list[tuple[str, list[str]]]:
    """Return each start's path with the paths and attempts that it makes void."""
    starts = of_type(run.events, StepStart)
    names = {step.span_id: f"{'/'.join(step.path)}#{step.attempt}" for step in starts}
    return [("/".join(step.path), sorted(names[span] for span in step.replaces or ())) for step in starts]


# A node's own retry


async def test_a_retried_node_replaces_its_earlier_try() -> None:
    run = GraphRun(nested(Flaky(), retry=True))

    await run.invoke(NOTHING)

    assert replaced(run) == [("before", []), ("team", []), ("team", ["team#1"]), ("after", [])]


async def test_a_retried_graph_replaces_all_below_it() -> None:
    """Its nested graph starts over with new task ids, so nothing else would tell."""
    run = GraphRun(nested(chain(first=quiet, second=Flaky()), retry=True))

    await run.invoke(NOTHING)

    assert replaced(run) == [
        ("before", []),
        ("team", []),
        ("team/first", []),
        ("team/second", []),
        ("team", ["team#1", "team/first#1", "team/second#1"]),
        ("team/first", []),
        ("team/second", []),
        ("after", []),
    ]


async def test_a_retried_graph_replaces_what_lies_deep_below_it() -> None:
    run = GraphRun(nested(chain(mid=chain(first=quiet), last=Flaky()), retry=True))

    await run.invoke(NOTHING)

    second_try = [void for path, void in replaced(run) if path == "team"][1]
    assert second_try == ["team#1", "team/last#1", "team/mid#1", "team/mid/first#1"]


async def test_a_retried_node_replaces_a_graph_that_it_invoked_by_hand() -> None:
    inner = by_hand(chain(first=quiet))
    run = GraphRun(nested(Flaky(before=inner), retry=True))

    await run.invoke(NOTHING)

    second_try = [void for path, void in replaced(run) if path == "team"][1]
    assert second_try == ["team#1", "team/first#1"]


async def test_a_retried_branch_does_not_touch_its_sibling() -> None:
    run = GraphRun(parallel(a=nested(Flaky(), retry=True), b=quiet))

    await run.invoke(NOTHING)

    assert [path for path, void in replaced(run) if void] == ["a/team"]


# An interrupt


async def test_a_resumed_node_replaces_only_itself() -> None:
    run = GraphRun(chain(before=quiet, ask=asks("who?"), after=quiet))
    await run.invoke(NOTHING)

    await run.invoke(Command(resume="me"))

    assert replaced(run) == [("before", []), ("ask", []), ("ask", ["ask#1"]), ("after", [])]


async def test_resuming_a_nested_graph_keeps_what_finished_in_it() -> None:
    """Finished nested tasks are not run again, so their text stands."""
    run = GraphRun(nested(chain(first=quiet, ask=asks("who?"), last=quiet)))
    await run.invoke(NOTHING)

    await run.invoke(Command(resume="me"))

    assert replaced(run)[4:] == [
        ("team", ["team#1"]),
        ("team/ask", ["team/ask#1"]),
        ("team/last", []),
        ("after", []),
    ]


async def test_resuming_a_graph_invoked_by_hand_keeps_what_finished_in_it() -> None:
    run = GraphRun(chain(team=by_hand(chain(first=quiet, ask=asks("who?")))))
    await run.invoke(NOTHING)

    await run.invoke(Command(resume="me"))

    assert replaced(run)[3:] == [("team", ["team#1"]), ("team/ask", ["team/ask#1"])]


async def test_resuming_beside_a_finished_branch_keeps_that_branch() -> None:
    run = GraphRun(parallel(ask=asks("who?"), done=quiet))
    await run.invoke(NOTHING)

    await run.invoke(Command(resume="me"))

    assert [(path, void) for path, void in replaced(run) if void] == [("ask", ["ask#1"])]
    assert [path for path, _ in replaced(run)].count("done") == 1


async def test_each_further_resume_replaces_the_one_before() -> None:
    async def asks_twice(state: Log) -> Any:
        await asks("one?")(state)
        return await asks("two?")(state)

    run = GraphRun(chain(ask=asks_twice))
    await run.invoke(NOTHING)
    await run.invoke(Command(resume="1"))

    await run.invoke(Command(resume="2"))

    assert replaced(run) == [("ask", []), ("ask", ["ask#1"]), ("ask", ["ask#2"])]


# A crash


async def test_after_a_crash_a_task_that_runs_again_replaces_itself() -> None:
    pause = Pause()
    run = GraphRun(chain(first=quiet, second=Waits(pause)))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    assert replaced(run) == [("first", []), ("second", []), ("second", ["second#1"])]


async def test_after_a_crash_a_nested_graph_keeps_what_finished_in_it() -> None:
    pause = Pause()
    run = GraphRun(nested(chain(first=quiet, second=Waits(pause))))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    assert replaced(run)[4:] == [("team", ["team#1"]), ("team/second", ["team/second#1"]), ("after", [])]


async def test_after_a_crash_only_unfinished_sent_tasks_run_again() -> None:
    pause = Pause()

    async def each(state: Any) -> Any:
        if state["item"] == 1 and not pause.reached.is_set():
            for _ in range(50):  # turns of the loop, in which the others end and are stored
                await asyncio.sleep(0)
            await pause.wait()
        return wrote(str(state["item"]))

    run = GraphRun(fan_out(3, each))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    assert [void for _, void in replaced(run) if void] == [["each#1"]]


async def test_a_graph_that_begins_anew_after_a_crash_replaces_its_earlier_steps() -> None:
    """Without a checkpointer a nested graph starts over with new task ids: only its positions give it away."""
    pause = Pause()
    run = GraphRun(nested(chain_without_checkpointer(first=quiet, second=Waits(pause))))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    assert replaced(run)[4:] == [
        ("team", ["team#1"]),
        ("team/first", ["team/first#1", "team/second#1"]),
        ("team/second", []),
        ("after", []),
    ]


async def test_parallel_steps_of_a_graph_that_begins_anew_are_replaced_once() -> None:
    inner = parallel(ask=Waits(pause := Pause()), done=quiet)
    inner.checkpointer = False
    run = GraphRun(nested(inner))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    void = [span for path, spans in replaced(run) for span in spans if path != "team"]
    assert sorted(void) == ["team/ask#1", "team/done#1"]


async def test_a_graph_that_begins_anew_after_an_interrupt_replaces_its_earlier_steps() -> None:
    run = GraphRun(nested(chain_without_checkpointer(first=quiet, ask=asks("who?"))))
    await run.invoke(NOTHING)

    await run.invoke(Command(resume="me"))

    assert replaced(run)[4:] == [
        ("team", ["team#1"]),
        ("team/first", ["team/ask#1", "team/first#1"]),
        ("team/ask", []),
        ("after", []),
    ]


async def test_sent_tasks_of_a_graph_that_begins_anew_are_replaced_once() -> None:
    pause = Pause()

    async def each(state: Any) -> Any:
        if state["item"] == 2 and not pause.reached.is_set():
            await pause.wait()
        return wrote(str(state["item"]))

    inner = fan_out(3, each)
    inner.checkpointer = False
    run = GraphRun(nested(inner))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    void = [span for path, spans in replaced(run) for span in spans if path.startswith("team/")]
    assert sorted(void) == ["team/each#1"] * 3


async def test_a_graph_that_begins_anew_twice_replaces_what_is_not_void_yet() -> None:
    first, second = Pause(), Pause()
    run = GraphRun(nested(chain_without_checkpointer(a=quiet, b=Waits(first, second))))
    await run.crash_at(first, NOTHING)
    await run.crash_at(second, None)

    await run.invoke(None)

    again = [void for path, void in replaced(run) if path == "team/a"]
    assert again == [[], ["team/a#1", "team/b#1"], ["team/a#1", "team/b#1"]]


async def test_after_a_crash_a_later_superstep_of_a_loop_replaces_nothing() -> None:
    """A nested graph invoked twice by one node takes the same positions in other namespaces."""
    pause = Pause()

    async def twice(state: Log) -> Any:
        inner = chain(a=quiet)
        await inner.ainvoke(NOTHING)
        await inner.ainvoke(NOTHING)
        await Waits(*([] if pause.reached.is_set() else [pause]))(state)
        return NOTHING

    run = GraphRun(chain(team=twice))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    assert ("team", ["team#1"]) in replaced(run)


async def test_a_retry_after_a_crash_replaces_all_below_the_try_of_this_execution() -> None:
    pause, flaky = Pause(), Flaky()

    async def waits_then_fails(state: Log) -> Any:
        if not pause.reached.is_set():
            await pause.wait()
        return await flaky(state)

    run = GraphRun(nested(chain(first=quiet, second=waits_then_fails), retry=True))
    await run.crash_at(pause, NOTHING)

    await run.invoke(None)

    tries = [void for path, void in replaced(run) if path == "team"]
    assert tries[1] == ["team#1"]
    assert "team#2" in tries[2]
    assert "team/second#2" in tries[2]


async def test_numbers_go_on_after_a_crash() -> None:
    """Steps, messages and reasoning are counted per run, not per process."""
    pause = Pause()
    model = scripted(["one"], ["two", pause], ["three"])
    run = GraphRun(chain(a=says(model), b=says(model)))
    await run.crash_at(pause, NOTHING)

    events = await run.invoke(None)

    assert [step.step for step in of_type(events, StepStart)] == [3]
    assert [message.message_id for message in of_type(events, MessageStart)] == ["m3"]


async def test_a_cut_models_retry_replaces_its_text() -> None:
    """The tokens of the first try were already shown."""
    model = scripted(["half a sen", ValueError("cut")], ["whole"])
    run = GraphRun(nested(says(model), retry=True))

    await run.invoke(NOTHING)

    assert replaced(run)[2] == ("team", ["team#1"])
    assert run.error is None


async def test_a_send_back_to_a_node_replaces_nothing() -> None:
    async def sends(state: Any) -> Any:
        return Command(update=NOTHING, goto=[Send("work", {"item": n}) for n in range(2)])

    async def work(state: Any) -> Any:
        return NOTHING

    graph = chain(start=sends, work=work)
    run = GraphRun(graph)

    await run.invoke(NOTHING)

    assert [void for _, void in replaced(run) if void] == []
