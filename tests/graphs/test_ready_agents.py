"""The agents that come with Cantata: each does something useful offline, by every one of its methods."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from cantata.graphs.agent import Agent
from cantata.graphs.built_in import agents_in, built_in_agents
from cantata.graphs.offline_label import LABEL

NAMES = ["assistant", "communications", "content", "researcher", "reviewer", "travel", "writer"]
NOTES = """Notes on tea:
- All true tea comes from one plant. [tea-01]
- Tea was first drunk in China. [tea-04]

Sources: [tea-01] One plant, many teas; [tea-04] The history of tea in China"""
BAD_TEXT = """the plant is is an evergreen shrub .

About 1,500 eggs are laid a day."""


async def answer_of(agent: str, text: str, method: str = "run") -> str:
    messages = await conversation(agent, text, method)
    return str(messages[-1].text)


async def conversation(agent: str, text: str, method: str = "run") -> Any:
    graph = built_in_agents()[agent].graph(method)
    return (await graph.ainvoke({"messages": [HumanMessage(text)]}))["messages"]


def test_each_file_of_the_folder_is_an_agent() -> None:
    assert sorted(built_in_agents()) == NAMES


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "some_agents"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_agents"]:
        del sys.modules[name]


def test_a_file_that_fails_to_import_leaves_out_that_one_only(package: Path, caplog: pytest.LogCaptureFixture) -> None:
    (package / "__init__.py").write_text("")
    (package / "broken.py").write_text("import nothing_of_that_name\n")
    (package / "good.py").write_text(
        "from cantata.graphs.agent import Agent\nagent = Agent('good', 'Does good.', 'Do good.')\n"
    )
    (package / "notes.py").write_text("agent = 'no agent'\n")

    assert list(agents_in("some_agents", [str(package)])) == ["good"]
    assert "some_agents.broken is left out" in caplog.text


METHODS = [(agent.name, method) for agent in built_in_agents().values() for method in agent.method_names]


@pytest.mark.parametrize(("name", "method"), METHODS)
async def test_every_method_answers_offline_says_so_and_always_the_same(name: str, method: str) -> None:
    asked = "Tell me about tea in Paris, for John Smith"

    first, second = await answer_of(name, asked, method), await answer_of(name, asked, method)

    assert first == second
    assert first.endswith(LABEL)
    assert first.count(LABEL) == 1


def test_run_and_execute_are_the_same_everywhere() -> None:
    same = [agent.instructions("run") == agent.instructions("execute") for agent in built_in_agents().values()]

    assert all(same)


@pytest.mark.parametrize("agent", list(built_in_agents().values()), ids=lambda agent: agent.name)
def test_what_is_said_of_an_agent_is_a_sentence(agent: Agent) -> None:
    assert agent.description.endswith(".")
    assert all(method.description.endswith(".") for method in agent.methods.values())


@pytest.mark.parametrize(
    "prompt",
    [
        "Find cases for John Smith",
        "find cases for john smith please",
        "Does John Smith have any cases?",
        "Show me John Smith's cases.",
    ],
)
@pytest.mark.parametrize("agent", ["assistant", "communications"])
async def test_cases_are_found_from_a_plain_sentence(agent: str, prompt: str) -> None:
    messages = await conversation(agent, prompt)

    (call,) = [call for message in messages if isinstance(message, AIMessage) for call in message.tool_calls]
    assert (call["name"], call["args"]["query"].casefold()) == ("find_cases", "john smith")
    assert "4 cases for" in messages[-1].text
    assert all(case_id in messages[-1].text for case_id in ("C-1001", "C-1002", "C-1004", "C-1025"))


async def test_the_assistant_does_not_look_for_cases_when_nobody_speaks_of_them() -> None:
    messages = await conversation("assistant", "What is 17*23 for John Smith?")

    assert [message.name for message in messages if isinstance(message, ToolMessage)] == ["calculator"]


async def test_the_history_of_a_case_is_told() -> None:
    told = await answer_of("communications", "What happened in case C-1005?", "history")

    assert "C-1005, 2026-01-15, Amina Hassan: “My card was charged twice for the same order.”" in told


async def test_the_researcher_cites_the_documents_that_it_used() -> None:
    notes = await answer_of("researcher", "Write a text about the history of coffee.")

    assert notes.startswith("Notes on the history of coffee:\n- The coffee plant is native to Ethiopia.")
    assert "for their prayers. [coffee-02]\n" in notes
    assert "Sources: [coffee-02] The early history of coffee; " in notes


async def test_the_researcher_says_when_no_document_is_about_it() -> None:
    assert "No document is about 'quantum theory'" in await answer_of("researcher", "Explain quantum theory")


async def test_the_researcher_doubts_what_the_documents_do_not_say() -> None:
    told = await answer_of("researcher", "The price of honey in Yemen", "doubt")

    assert "The documents do not mention: price" in told


async def test_the_writer_writes_from_notes_and_keeps_their_sources() -> None:
    text = await answer_of("writer", NOTES)

    assert text.startswith("Tea\n\nAll true tea comes from one plant. [tea-01] Tea was first drunk in China. [tea-04]")
    assert "Sources: [tea-01] One plant, many teas; [tea-04] The history of tea in China" in text


async def test_the_writer_writes_from_the_sections_of_several() -> None:
    sections = f"## researcher\n\n{NOTES}\n\n{LABEL}\n\n## bees\n\n- A colony has one queen. [bees-01]\n\n{LABEL}"

    report = await answer_of("writer", sections, "report")

    assert report.startswith("# Tea\n\n## Summary\n\nAll true tea comes from one plant. [tea-01]\n\n## Findings")
    assert "A colony has one queen. [bees-01]" in report
    assert report.count("offline-demo") == 1


async def test_the_reviewer_mends_what_rules_can_mend() -> None:
    text = await answer_of("reviewer", f"Draft:\n{BAD_TEXT}")

    assert text.startswith("The plant is an evergreen shrub.\n\nAbout 1,500 eggs are laid a day.")


async def test_remarks_name_what_is_wrong_and_the_copy_is_revised_by_them() -> None:
    remarks = await answer_of("reviewer", f"Draft:\n{BAD_TEXT}", "critique")
    revised = await answer_of("content", remarks, "revise")

    assert "- No source is given for “About 1,500 eggs are laid a day.”.\n- The word “is” is doubled." in remarks
    assert revised.startswith("The plant is an evergreen shrub.\n\nAbout 1,500 eggs")


async def test_a_review_of_nothing_says_so() -> None:
    assert (await answer_of("reviewer", "Review a text about tea.")).startswith("Review: there is no text on tea")


async def test_copy_has_a_headline_points_and_a_place_to_read_on() -> None:
    copy = await answer_of("content", NOTES, "draft")

    assert copy.startswith("# Tea\n\nAll true tea comes from one plant. [tea-01]\n\nGood to know:\n\n- Tea was first")
    assert "Read on: [tea-01] One plant" in copy


async def test_the_travel_agent_plans_from_the_tables() -> None:
    plan = await answer_of("travel", "Plan two days in Lisbon from Berlin in May")

    assert "from Berlin by plane: 3.6 hours, direct" in plan
    assert "usually 265 euros" in plan
    assert "In Lisbon May is usually 14 to 22 °C" in plan
    assert "Day 2:" in plan
    assert "Day 3:" not in plan


@pytest.mark.parametrize(
    ("method", "tools"),
    [("ways", ["find_routes", "find_fares"]), ("weather", ["weather_normals"]), ("days", ["plan_days"])],
)
async def test_each_method_of_the_travel_agent_looks_up_its_own(method: str, tools: list[str]) -> None:
    messages = await conversation("travel", "Three days in Rome from Vienna", method)

    assert [message.name for message in messages if isinstance(message, ToolMessage)] == tools


async def test_an_unknown_place_is_told_once_and_not_planned() -> None:
    plan = await answer_of("travel", "Plan a trip to Mars")

    assert plan.count("The sample data has no city 'Mars'.") == 1
    assert "Day 1" not in plan


async def test_without_a_place_the_travel_agent_asks_for_one() -> None:
    assert (await answer_of("travel", "hello")).startswith("There is nothing in “hello” to look up: name a place.")
