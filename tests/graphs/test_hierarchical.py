"""A manager and its team: who is asked, what the manager hears, and when it must come to an end."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from cantata.graphs.agent import Agent, Method
from cantata.graphs.compile import compile_spec
from cantata.graphs.shapes import hierarchical
from tests.support.scripted import Pause, ScriptedChat, call, scripted
from tests.support.specs import Heard, does, echoes, fails, led, steps, tasks, team

THREAD: Any = {"configurable": {"thread_id": "t"}}
BOSS = Agent("boss", "", "You are the boss.", methods={"delegate": Method("", "Share the work.")})


class Manager:
    """The manager's model, scripted, and how it was called."""

    def __init__(self) -> None:
        self.model: ScriptedChat = scripted(["nothing to do"])
        self.choices: list[str | None] = []
        self.tools: list[str] = []

    def says(self, *turns: Any) -> None:
        """Write the script: texts, or lists of chunks."""
        self.model = scripted(*([turn] if isinstance(turn, str) else turn for turn in turns))

    def called(self, runtime: Any, tools: Any, *, tool_choice: str | None = None) -> ScriptedChat:
        """Give the model as `model_call` does."""
        self.choices.append(tool_choice)
        self.tools = [tool.name for tool in tools]
        return self.model

    @property
    def heard(self) -> list[list[BaseMessage]]:
        """What it was told, turn by turn."""
        return self.model.calls


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()
    monkeypatch.setattr(hierarchical, "model_call", made.called)
    return made


async def ran(spec: dict[str, Any], *agents: Any, given: Any = "x") -> dict[str, Any]:
    graph = compile_spec(spec, {"boss": BOSS, **team(*agents)})
    output: dict[str, Any] = await graph.ainvoke({"input": given})
    return output


def to(name: str, task: str, call_id: str = "call_1") -> Any:
    return call(f"delegate_to_{name}", {"task": task, "reason": "it can"}, call_id)


a, b = echoes("a"), echoes("b")


async def test_the_manager_hears_what_it_delegated_and_answers(manager: Manager) -> None:
    manager.says([to("a", "this"), to("b", "that", "call_2")], "so be it")

    output = await ran(led("boss", "a", "b"), a, b)

    assert output["final_response"] == "so be it"
    assert [message.text for message in manager.heard[1]] == [
        "You are the boss.\n\nShare the work.",
        "x",
        "",
        "a(this)",
        "b(that)",
    ]


async def test_a_method_of_the_manager_is_its_instruction(manager: Manager) -> None:
    await ran(led("boss", "a") | {"master": {"name": "boss", "method": "run"}}, a)

    assert manager.heard[0][0].text == "You are the boss."


async def test_any_graph_can_lead(manager: Manager) -> None:
    output = await ran(led("b", "a"), a, b)

    assert output["final_response"] == "nothing to do"
    assert manager.heard[0][0].text.startswith("You are b, and you lead a team.")


async def test_the_sub_agents_know_their_task_alone(manager: Manager) -> None:
    heard = Heard()
    manager.says([to("a", "this")], "done")
    graph = compile_spec(led("boss", "a"), {"boss": BOSS, **team(echoes("a", heard))})

    await graph.ainvoke({"messages": [HumanMessage("one"), AIMessage("two"), HumanMessage("three")]})

    assert heard.all == [("a", ["this"])]
    assert [message.text for message in manager.heard[0]][1:] == ["one", "two", "three"]


async def test_an_aggregator_brings_the_outputs_together(manager: Manager) -> None:
    manager.says([to("b", "that")], [to("a", "this")], "done")

    output = await ran(led("boss", "a", "b", aggregator="concat"), a, b)

    assert output["final_response"] == "## a\n\na(this)\n\n## b\n\nb(that)"


@pytest.mark.parametrize("how", ["concat", "first", "vote", {"agent": "a"}])
async def test_with_nothing_to_bring_together_the_managers_word_stands(manager: Manager, how: Any) -> None:
    manager.says("I know that myself")

    assert (await ran(led("boss", "a", aggregator=how), a))["final_response"] == "I know that myself"


async def test_a_sub_agent_that_fails_is_told_to_the_manager(manager: Manager) -> None:
    manager.says([to("f", "this"), to("a", "that", "call_2")], "half of it")

    output = await ran(led("boss", "f", "a", aggregator="concat"), fails("f"), a)

    told = [message for message in manager.heard[1] if isinstance(message, ToolMessage)]
    assert [(message.text, message.status) for message in told] == [
        ("f failed: LookupError: f knows nothing", "error"),
        ("a(that)", "success"),
    ]
    assert output["final_response"] == "## a\n\na(that)"


async def test_a_sub_agent_is_tried_again_before_the_manager_hears_of_it(manager: Manager) -> None:
    manager.says([to("f", "this")], "done")

    await ran(led("boss", {"agent": "f", "retry": {"initial_interval": 0}}), fails("f", times=2))

    assert manager.heard[1][-1].text == "f(this)"


async def test_a_sub_agent_that_takes_too_long_is_told_to_the_manager(manager: Manager) -> None:
    never = Pause()

    async def hang(text: str) -> str:
        await never.wait()
        return text

    manager.says([to("slow", "this")], "done")

    await ran(led("boss", {"agent": "slow", "timeout_seconds": 0.05}), does("slow", hang))

    assert manager.heard[1][-1].text == "slow failed: StepTimeout: The step took longer than 0.05 s."


async def test_a_whole_workflow_can_be_a_sub_agent(manager: Manager) -> None:
    manager.says(
        [call("delegate_to_crew", {"task": "this"}), call("delegate_to_parallel", {"task": "that"}, "2")], "done"
    )

    await ran(led("boss", steps("a", "b", name="crew"), tasks("a", aggregate="first")), a, b)

    assert [message.text for message in manager.heard[1]][-2:] == ["b(a(this))", "a(that)"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (call("delegate_to_nobody", {"task": "this"}), "there is no delegate_to_nobody, only delegate_to_a"),
        (call("calculator", {"expression": "1"}), "there is no calculator, only delegate_to_a"),
        (call("delegate_to_a", {"reason": "why not"}), "say the `task`"),
    ],
)
async def test_a_call_that_cannot_be_is_told_to_the_manager_which_goes_on(
    manager: Manager, wrong: Any, told: str
) -> None:
    manager.says([wrong], [to("a", "this", "call_2")], "done")

    output = await ran(led("boss", "a"), a)

    assert told in manager.heard[1][-1].text
    assert output["final_response"] == "done"


async def test_a_call_that_cannot_be_leaves_the_others(manager: Manager) -> None:
    manager.says([call("delegate_to_nobody", {"task": "this"}), to("a", "that", "call_2")], "done")

    await ran(led("boss", "a"), a)

    answers = {m.tool_call_id: m.text for m in manager.heard[1] if isinstance(m, ToolMessage)}
    assert answers.keys() == {"call_1", "call_2"}
    assert answers["call_2"] == "a(that)"


async def test_after_its_rounds_the_manager_may_delegate_no_more(manager: Manager) -> None:
    manager.says(*[[to("a", f"task {n}", f"call_{n}")] for n in range(9)])

    output = await ran(led("boss", "a", max_rounds=3), a)

    assert manager.choices == [None, None, None, "none"]
    assert output["final_response"] == ""


async def test_a_manager_that_only_errs_comes_to_an_end(manager: Manager) -> None:
    manager.says(*[[call("delegate_to_nobody", {"task": "x"}, f"call_{n}")] for n in range(9)])

    await ran(led("boss", "a", max_rounds=4), a)

    assert len(manager.choices) == 5


async def test_no_more_is_delegated_than_allowed(manager: Manager) -> None:
    heard = Heard()
    manager.says([to("a", str(n), f"call_{n}") for n in range(5)], "done")

    await ran(led("boss", "a", max_delegations=2), echoes("a", heard))

    assert len(heard.all) == 2
    refused = [
        message.text for message in manager.heard[1] if isinstance(message, ToolMessage) and message.status == "error"
    ]
    assert refused == ["This was not delegated: the limit is reached."] * 3
    assert manager.choices == [None, "none"]


async def test_names_that_look_alike_are_different_tools(manager: Manager) -> None:
    alike = [{"agent": "a", "name": "x.y"}, {"agent": "b", "name": "x_y"}, {"agent": "a", "name": "z" * 64}]
    alike.append({"agent": "b", "name": "z" * 63})
    manager.says([call("delegate_to_x_y", {"task": "1"}), call("delegate_to_x_y_1", {"task": "2"}, "2")], "done")

    await ran(led("boss", *alike), a, b)

    assert len(set(manager.tools)) == 4
    assert all(len(name) <= 64 for name in manager.tools)
    assert [message.text for message in manager.heard[1]][-2:] == ["a(1)", "b(2)"]


async def test_a_second_question_in_a_session_begins_a_new_delegation(manager: Manager) -> None:
    manager.says([to("a", "1")], "first answer", [to("b", "2")], "second answer")
    graph = compile_spec(led("boss", "a", "b", aggregator="concat"), {"boss": BOSS, **team(a, b)})
    graph.checkpointer = InMemorySaver()

    await graph.ainvoke({"messages": [HumanMessage("one")]}, THREAD)
    output = await graph.ainvoke({"messages": [HumanMessage("two")]}, THREAD)

    assert output["final_response"] == "## b\n\nb(2)"
    assert [message.text for message in manager.heard[2]][1:] == ["one", "## a\n\na(1)", "two"]


async def test_a_manager_within_a_branch_and_under_another_keeps_its_own_conversation(manager: Manager) -> None:
    inner = led("boss", "a", name="inner")
    manager.says(
        [call("delegate_to_inner", {"task": "outer task"})], [to("a", "inner task")], "inner answer", "outer answer"
    )

    output = await ran(steps(tasks(led("boss", inner), aggregate="first")), a)

    assert output["final_response"] == "outer answer"
    assert [message.text for message in manager.heard[2]][1:] == ["outer task", "", "a(inner task)"]
    assert [message.text for message in manager.heard[3]][1:] == ["x", "", "inner answer"]
