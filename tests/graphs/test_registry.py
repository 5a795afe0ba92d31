"""Loading projects as their authors wrote them, and opening what they export."""

import json
import logging
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph

from cantata.graphs.agents import assistant
from cantata.graphs.project import ProjectError
from cantata.graphs.registry import GraphRegistry, UnknownGraph
from cantata.graphs.source import BrokenGraph

Load = Callable[[str], GraphRegistry]


async def run(
    registry: GraphRegistry, name: str, text: str, config: RunnableConfig | None = None, context: Any = None
) -> Any:
    source = registry.get(name)
    given = (await source.facts()).input_of(text)
    config = config or RunnableConfig()
    async with source.open(config) as graph:
        return await graph.ainvoke(given, config, context=context)


def project(folder: Path, config: Any, files: Mapping[str, str] | None = None) -> Path:
    for name, text in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "langgraph.json").write_text(config if isinstance(config, str) else json.dumps(config))
    return folder / "langgraph.json"


def test_without_a_project_there_are_the_built_in_graphs() -> None:
    registry = GraphRegistry.load(None)

    assert {"assistant", "travel", "sequential", "parallel", "hierarchical", "trip_planner"} <= set(registry.names())
    assert {entry.origin for entry in registry.entries()} == {"built-in"}
    assert [entry.name for entry in registry.entries() if entry.error] == []
    assert registry.get("assistant").is_built_in
    assert GraphRegistry.load(None, built_ins=False).names() == []


async def test_a_project_with_its_own_graphs_and_server_packages_loads(load_project: Load) -> None:
    registry = load_project("own_names")

    answer = await run(registry, "support", "Where is order 23?")
    sorted_ = await run(registry, "triage", "order 17 now")

    assert answer["messages"][-1].text == "Order 23 is waiting at Corner shop."
    assert sorted_ == {"ticket": "order 17 now", "queue": "urgent", "order": "17"}


async def test_modules_of_a_project_are_loaded_once_under_their_own_names(load_project: Load) -> None:
    registry = load_project("own_names")
    await run(registry, "support", "order 1")
    await run(registry, "triage", "order 2")

    assert sys.modules["graphs.tools"].__dict__["calls"] == ["order 1", "order 2"]
    assert [name for name in sys.modules if name.endswith("graphs.tools") and not name.startswith("cantata.")] == [
        "graphs.tools"
    ]


async def test_a_file_at_the_root_may_import_its_neighbours_relatively(load_project: Load) -> None:
    assert await run(load_project("own_names"), "loose", "hello") == {"text": "HELLO!"}


def test_broken_graphs_take_nothing_down_and_say_why(load_project: Load) -> None:
    registry = load_project("own_names")

    errors = {entry.name: entry.error for entry in registry.entries() if entry.error}
    assert set(errors) == {"broken", "absent", "unnamed", "formless"}
    assert "broken.py could not be imported: ModuleNotFoundError" in (errors["broken"] or "")
    assert "broken.py, line 1" in (errors["broken"] or "")
    assert "nowhere.py does not exist" in (errors["absent"] or "")
    assert "no variable named grph" in (errors["unnamed"] or "")
    assert not set(errors) & set(registry.names())
    with pytest.raises(BrokenGraph, match="a_package_nobody_installed"):
        registry.get("broken")


def test_an_unknown_name_is_answered_with_the_known_ones(load_project: Load) -> None:
    with pytest.raises(UnknownGraph, match=r"'nothing'.*assistant, .*loose, .*sequential, support, .*triage"):
        load_project("own_names").get("nothing")


def test_names_of_the_project_win_over_ours(load_project: Load) -> None:
    entries = {entry.name: entry for entry in load_project("own_names").entries()}

    assert entries["assistant"].origin == "project"
    assert entries["sequential"].origin == "built-in"
    assert entries["triage"].description == "Sorts a ticket."
    assert entries["support"].description == "Answers questions about orders."


def test_keys_that_are_not_used_are_named_in_one_warning(load_project: Load, caplog: pytest.LogCaptureFixture) -> None:
    load_project("own_names")

    (record,) = [record for record in caplog.records if record.name == "cantata.graphs.project"]
    assert "not used by this server: python_version, webhooks; unknown: favourite_colour" in record.getMessage()


def test_the_environment_is_set_but_never_overridden(load_project: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_CITY", "Alexandria")

    load_project("own_names")

    assert (os.environ["SHOP_NAME"], os.environ["SHOP_CITY"]) == ("Corner shop", "Alexandria")


async def test_a_src_layout_with_dataclass_state_runs(load_project: Load) -> None:
    registry = load_project("src_layout")

    by_default = await run(registry, "pipeline", "floods")
    with_context = await run(registry, "pipeline", "floods", context={"editor": "Omar"})

    assert by_default["final_response"] == "floods in 50 words, edited by Nadia"
    assert with_context["final_response"] == "floods in 50 words, edited by Omar"


async def test_a_dotted_module_and_pydantic_state_run(load_project: Load) -> None:
    result = await run(load_project("src_layout"), "survey", "Which?")

    assert result == {"question": "Which?", "answers": [6], "tone": "calm"}
    assert os.environ["NEWSROOM_PAGES"] == "3"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("builder", "tea from the builder"),
        ("plain", "tea plain"),
        ("configured", "tea of size large"),
        ("asynchronous", "tea made in no hurry"),
        ("managed", "tea from the store"),
        ("runtime", "tea for a run"),
    ],
)
async def test_every_kind_of_factory_runs(load_project: Load, name: str, says: str) -> None:
    result = await run(load_project("factories"), name, "tea", {"configurable": {"size": "large"}})

    assert result == {"item": says}


async def test_the_functional_api_runs(load_project: Load) -> None:
    registry = load_project("factories")

    facts = await registry.get("greet").facts()

    assert await run(registry, "greet", "sara") == "Hello, Sara!"
    assert (facts.takes_text, facts.has_messages, facts.input_keys) == (True, False, ())


async def test_a_factory_is_called_for_each_run_and_closed_after_it(load_project: Load) -> None:
    source = load_project("factories").get("managed")
    open_now = sys.modules["shop"].__dict__["open_now"]

    async with source.open({}) as first, source.open({}) as second:
        assert open_now == ["managed", "managed"]

    assert first is not second
    assert open_now == []
    with pytest.raises(RuntimeError, match="of the run"):
        async with source.open({}):
            raise RuntimeError("of the run")
    assert open_now == []


async def test_a_static_graph_is_handed_out_as_it_is(load_project: Load) -> None:
    registry = load_project("own_names")
    exported = sys.modules["graphs.support"].__dict__["graph"]
    before = dict(vars(exported))

    async with registry.get("support").open({}) as first, registry.get("support").open({}) as second:
        assert first is second is exported

    assert dict(vars(exported)) == before


async def test_a_builder_is_compiled_once(load_project: Load) -> None:
    source = load_project("factories").get("builder")

    async with source.open({}) as first, source.open({}) as second:
        assert first is second
        assert isinstance(first, CompiledStateGraph)


async def test_a_failing_factory_breaks_its_facts_with_a_reason(load_project: Load) -> None:
    registry = load_project("factories")

    with pytest.raises(BrokenGraph, match="the warehouse does not answer"):
        await registry.get("failing").facts()
    with pytest.raises(ConnectionError):
        async with registry.get("failing").open({}):
            pass
    with pytest.raises(BrokenGraph, match="int is not a graph"):
        async with registry.get("wrong").open({}):
            pass


def test_exports_that_are_no_graphs_are_told(load_project: Load) -> None:
    errors = {entry.name: entry.error or "" for entry in load_project("factories").entries()}

    assert "int is not a graph" in errors["constant"]
    assert "must have an entrypoint" in errors["unfinished"]


async def test_facts_tell_where_a_text_goes(load_project: Load) -> None:
    ours = GraphRegistry.load(None)
    news = load_project("src_layout")

    chat = await ours.get("assistant").facts()
    story = await news.get("pipeline").facts()

    assert chat.input_of("hi") == {"messages": [{"type": "human", "content": "hi"}]}
    assert chat.context_keys == ("model", "temperature", "top_p", "max_output_tokens")
    assert story.input_of("hi") == {"topic": "hi"}
    assert story.context_keys == story.config_keys == ("editor", "model")
    assert story.state_keys == ("topic", "words", "lines", "final_response")
    assert story.input_schema["required"] == ["topic"]


async def test_facts_are_read_once(load_project: Load) -> None:
    source = load_project("factories").get("plain")

    assert await source.facts() is await source.facts()
    assert sys.modules["shop"].__dict__["made"].count("plain") == 1


async def test_a_text_that_fits_nowhere_is_refused_with_the_keys(tmp_path: Path, clean_imports: None) -> None:
    config = project(
        tmp_path,
        {"dependencies": ["."], "graphs": {"two": "./two_texts.py:graph"}},
        {
            "two_texts.py": "from typing import TypedDict\nfrom langgraph.graph import START, StateGraph\n"
            "class S(TypedDict):\n    question: str\n    style: str\n"
            "graph = StateGraph(S).add_node('n', lambda s: s).add_edge(START, 'n')\n",
        },
    )

    facts = await GraphRegistry.load(config).get("two").facts()

    with pytest.raises(ValueError, match="question, style"):
        facts.input_of("hi")


async def test_a_state_that_no_json_schema_can_say_still_has_keys(tmp_path: Path, clean_imports: None) -> None:
    config = project(
        tmp_path,
        {"dependencies": ["."], "graphs": {"odd": "./odd_state.py:graph"}},
        {
            "odd_state.py": "from typing import NotRequired, TypedDict\nfrom langgraph.graph import START, StateGraph\n"
            "class Thing: pass\n"
            "class S(TypedDict):\n    question: str\n    thing: NotRequired[Thing]\n"
            "graph = StateGraph(S).add_node('n', lambda s: {}).add_edge(START, 'n').compile()\n",
        },
    )

    facts = await GraphRegistry.load(config).get("odd").facts()

    assert facts.input_keys == ("question", "thing")
    assert facts.input_of("hi") == {"question": "hi"}


def test_our_own_files_named_through_the_shortcut_are_our_own_modules(tmp_path: Path, clean_imports: None) -> None:
    package = Path(assistant.__file__ or "").parent.parent
    (tmp_path / "graphs").symlink_to(package)
    config = project(tmp_path, {"dependencies": ["."], "graphs": {"mine": "./graphs/agents/assistant.py:graph"}})
    (tmp_path / "src").symlink_to(package.parent.parent)

    source = GraphRegistry.load(config, built_ins=False).get("mine")

    assert source.is_built_in
    assert source._graph is assistant.graph


def test_a_package_named_as_dependency_is_imported_by_its_name(tmp_path: Path, clean_imports: None) -> None:
    config = project(
        tmp_path,
        {"dependencies": ["./my_agent"], "graphs": {"a": "./my_agent/agent.py:graph"}},
        {
            "my_agent/__init__.py": "",
            "my_agent/agent.py": "from my_agent.inner import graph\nfrom .inner import graph as same\n"
            "assert graph is same\n",
            "my_agent/inner.py": "from cantata.graphs.agents.assistant import graph\n",
        },
    )

    assert GraphRegistry.load(config).get("a").name == "a"
    assert "my_agent.agent" in sys.modules


def test_a_name_that_is_taken_is_loaded_all_the_same(tmp_path: Path, clean_imports: None) -> None:
    config = project(
        tmp_path,
        {"dependencies": ["."], "graphs": {"a": "./json.py:graph", "b": "./v1.2/agent-one.py:graph"}},
        {
            "json.py": "from .helper_here import graph\n",
            "helper_here.py": "from cantata.graphs.agents.assistant import graph\n",
            "v1.2/agent-one.py": "from cantata.graphs.agents.assistant import graph\n",
        },
    )

    assert GraphRegistry.load(config, built_ins=False).names() == ["a", "b"]
    assert sys.modules["json"] is json


def test_a_file_that_hangs_is_only_broken(tmp_path: Path, clean_imports: None) -> None:
    """What hangs cannot be stopped; the others are loaded without it."""
    config = project(
        tmp_path,
        {"graphs": {"hangs": "./hangs.py:graph", "fine": "./fine.py:graph"}},
        {
            "hangs.py": "import threading\nthreading.Event().wait()\n",
            "fine.py": "from cantata.graphs.agents.assistant import graph\n",
        },
    )

    registry = GraphRegistry.load(config, built_ins=False, seconds=1)

    assert registry.names() == ["fine"]
    assert "GRAPH_LOAD_SECONDS" in str({entry.name: entry.error for entry in registry.entries()}["hangs"])


def test_a_file_that_exits_or_cannot_be_parsed_is_only_broken(tmp_path: Path, clean_imports: None) -> None:
    config = project(
        tmp_path,
        {"graphs": {"quits": "./quits.py:graph", "typo": "./typo.py:graph"}},
        {"quits.py": "raise SystemExit(3)\n", "typo.py": "def graph(:\n"},
    )

    errors = {entry.name: entry.error or "" for entry in GraphRegistry.load(config, built_ins=False).entries()}

    assert "SystemExit: 3" in errors["quits"]
    assert "SyntaxError" in errors["typo"]


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("{", "is not JSON"),
        ("[]", "must hold a JSON object"),
        ({"graphs": []}, '"graphs" must be an object'),
        ({"dependencies": "."}, '"dependencies" must be a list'),
        ({"dependencies": ["./gone"]}, '"./gone" is not a folder'),
        ({"env": 3}, '"env" must be a path or an object'),
    ],
)
def test_a_langgraph_json_that_cannot_be_used_stops_the_start(tmp_path: Path, config: Any, reason: str) -> None:
    with pytest.raises(ProjectError, match=reason):
        GraphRegistry.load(project(tmp_path, config))


def test_a_missing_langgraph_json_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="cannot be read"):
        GraphRegistry.load(tmp_path / "langgraph.json")


def test_a_missing_env_file_is_no_reason_to_worry(
    tmp_path: Path, clean_imports: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        GraphRegistry.load(project(tmp_path, {"graphs": {}, "env": ".env"}))

    assert caplog.text == ""
