"""What is particular to a kind of project: its memory, its silent models, its context, its research."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Fresh
from tests.acceptance.reading import typed
from tests.acceptance.research_server import SUMMARY, ResearchServer, research_server
from tests.acceptance.strangers import Case, check_recovery, finish, follow, reach, served, step
from tests.server_process import ASYNC, ServerProcess, eventually
from tests.support.invariants import check_invariants

KEY = "AIzaSyNotARealKeyJustForTests0123456789"


def answered(server: ServerProcess, run_id: str) -> Any:
    """Say yes to whatever is asked, until the run is over."""
    while (workflow := at_rest(server, run_id))["status"] == "interrupted":
        answers = {asked["id"]: "yes" for asked in workflow["interrupts"]}
        body = {"responses": answers}
        server.client.post(f"/api/workflows/{run_id}/resume", json=body, headers=ASYNC).raise_for_status()
    return workflow


def at_rest(server: ServerProcess, run_id: str) -> Any:
    workflow: dict[str, Any] = {}

    def rests() -> bool:
        workflow.update(server.workflow(run_id))
        return workflow["status"] not in ("queued", "running")

    eventually(rests)
    return workflow


Serving = Callable[[str], ServerProcess]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """Serve projects, each by one process that all tests share and nobody stops."""
    with ExitStack() as stack:
        yield cache(lambda project: stack.enter_context(served(tmp_path_factory.mktemp(project), project)))


# Stores


def ended(server: ServerProcess, graph: str, given: Any, **fields: Any) -> Any:
    return answered(server, server.started(graph, given, **fields))


def test_what_one_session_stores_another_reads_even_after_a_crash(tmp_path: Path) -> None:
    with served(tmp_path, "stores") as server:
        ended(server, "notes", {"person": "ada", "says": "tea"}, session_id="s1")
        server.kill()
        server.start()

        told = ended(server, "notes", {"person": "ada", "says": "toast"}, session_id="s2")
        other = ended(server, "notes", {"person": "bob"}, session_id="s3")

        assert told["final_response"] == "ada said: tea, toast"
        assert other["final_response"] == "bob said: nothing"


def test_an_index_is_searched_by_a_later_session(serving: Serving) -> None:
    server = serving("stores_indexed")
    ended(server, "library", {"texts": ["hill", "woods"], "question": "hills"})

    assert ended(server, "library", {"question": "wood"})["final_response"] == "woods"


def test_a_graph_with_a_store_of_its_own_keeps_it(serving: Serving) -> None:
    server = serving("stores")
    assert ended(server, "own", {"topic": "smoking"})["final_response"] == "No smoking."


def test_a_factory_is_given_the_store_that_its_graph_will_have(serving: Serving) -> None:
    server = serving("stores")
    assert ended(server, "factory", {"person": "cleo"})["final_response"] == "Who are you?"
    ended(server, "notes", {"person": "cleo", "says": "tea"})

    assert ended(server, "factory", {"person": "cleo"})["final_response"] == "Welcome back."


def test_a_store_that_nobody_uses_has_no_file(tmp_path: Path) -> None:
    with served(tmp_path, "nostream") as server:
        ended(server, "router", {"question": "Where?"})

        assert not list(tmp_path.glob("*.store.*"))
        assert server.terminate() == 0


def test_a_server_whose_store_was_used_stops_in_good_order(tmp_path: Path) -> None:
    with served(tmp_path, "stores_indexed") as server:
        ended(server, "library", {"texts": ["fig"], "question": "fig"})

        assert server.terminate() == 0
        assert "Traceback" not in server.log.read_text()


def test_a_wrong_store_stops_the_start_with_one_sentence(tmp_path: Path, fresh: Fresh) -> None:
    config = tmp_path / "langgraph.json"
    config.write_text(json.dumps({"graphs": {}, "store": {"index": {"embed": "./vectors.py:embed", "dims": 3}}}))

    code, said = fresh(config).refused()

    assert code != 0
    assert f"{config}: store.index.embed: ./vectors.py does not exist" in said
    assert "Traceback" not in said


# Subgraphs


@pytest.mark.parametrize(
    ("graph", "on_file"),
    [("stateful", 2), ("called_stateful", 2), ("called_sync", 2), ("stateless", 1), ("plain", 1), ("called_plain", 1)],
)
def test_only_a_subgraph_with_a_memory_of_its_own_remembers_the_last_run(
    serving: Serving, graph: str, on_file: int
) -> None:
    server = serving("subgraphs")
    ended(server, graph, {"request": "tax"}, session_id=graph)

    again = ended(server, graph, {"request": "rent"}, session_id=graph)

    assert again["final_response"] == f"{on_file} on file, the last is rent"


# The functional API


def test_an_entrypoint_is_given_what_the_last_run_of_the_session_saved(serving: Serving) -> None:
    server = serving("functional")
    first, second = (ended(server, "counter", {"add": n}, session_id="s1") for n in (2, 3))

    assert (first["final_response"], second["final_response"]) == ("so far 2", "so far 5")


def test_a_task_that_fails_at_first_is_tried_again(serving: Serving) -> None:
    events = serving("functional").streamed("/api/workflows", {"graph": "flaky", "input": {"name": "call"}})

    tries = [(e["attempt"], "replaces" in e) for e in events if e["type"] == "step_start" and e["name"] == "fetch"]
    assert tries == [(1, False), (2, True), (3, True)]
    assert events[-1]["final_response"] == "call at last"
    check_invariants(typed(events))


def test_a_cached_task_is_not_computed_again_in_a_later_run(serving: Serving) -> None:
    server = serving("functional")
    ended(server, "cached", {"name": "product"})

    assert ended(server, "cached", {"name": "product"})["final_response"] == "product computed 1 times"


# Silent models


def test_silent_models_decide_and_nobody_hears_their_words(serving: Serving) -> None:
    server = serving("nostream")
    events = server.streamed("/api/workflows", {"graph": "router", "input": {"question": "Where?"}})

    said = [event["content"] for event in events if event["type"] == "message_complete"]
    deltas = [event["delta"] for event in events if event["type"] == "message_delta"]
    assert [text.strip() for text in said] == ["all of it at once", "this is for you"]
    assert deltas == ["all of it at once", "this ", "is ", "for ", "you "]
    assert len([event for event in events if event["type"] == "reasoning_step"]) == 4


# State and context


@pytest.mark.parametrize("graph", ["context_dataclass", "context_pydantic", "context_typed"])
def test_a_context_is_what_its_schema_says(serving: Serving, graph: str) -> None:
    server = serving("state_shapes")
    told = ended(server, graph, {}, context={"name": "ada", "age": 41})

    assert told["final_response"].endswith("ada, 42")


def test_a_custom_reducer_and_the_output_schema_are_kept(serving: Serving) -> None:
    server = serving("state_shapes")
    given = {"messages": [{"type": "human", "content": f"{n}"} for n in range(4)], "mood": "curious"}

    chat = ended(server, "as_messages", given)
    private = ended(server, "private", {"question": "is it so"})

    assert [message["content"] for message in chat["output"]["messages"]] == ["2", "3", "I heard 3 messages."]
    assert chat["output"]["mood"] == "curious calm"
    assert private["output"] == {"answer": "3 words"}


# The research quickstart


@pytest.fixture
def google() -> Iterator[ResearchServer]:
    """Be Google."""
    with research_server() as server:
        yield server


@contextmanager
def researching(folder: Path, google: ResearchServer) -> Iterator[ServerProcess]:
    settings = {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": google.url}
    with served(folder, "gemini_quickstart", **settings) as server:
        yield server


RESEARCH = Case(
    "agent",
    {"messages": [{"type": "human", "content": "How old is the lighthouse?"}]},
    "It is very old [sea](https://sea.example/age).",
    dies_at=step("web_research"),
    fields={"config": {"configurable": {"number_of_initial_queries": 2}}},
)


def test_the_research_quickstart_runs_unmodified(tmp_path: Path, google: ResearchServer) -> None:
    with researching(tmp_path, google) as server:
        events = finish(server, follow(server, RESEARCH), RESEARCH)

        steps = [event["name"] for event in events if event["type"] == "step_start"]
        searched = ["web_research", "web_research", "reflection", "web_research", "reflection"]
        assert steps == ["generate_query", *searched, "finalize_answer"]
        found = events[-1]["output"]["web_research_result"]
        assert found[0].startswith(f"{SUMMARY} [sea](https://vertexaisearch")
        assert [e["delta"] for e in events if e["type"] == "message_delta"][-2:] == [
            "It is ",
            "very old [sea](https://vertexaisearch.cloud.google.com/id/0-0).",
        ]
        assert "keys not used by this server: http" in server.log.read_text()


def test_the_research_quickstart_is_killed_amid_its_searches_and_asks_for_no_second_plan(
    tmp_path: Path, google: ResearchServer
) -> None:
    with researching(tmp_path, google) as server:
        google.hold()
        run = follow(server, RESEARCH)
        reach(server, run, RESEARCH)
        server.kill()
        google.release()
        server.start()

        events = finish(server, run, RESEARCH)

        check_recovery(events, RESEARCH)
        assert google.asked.count("queries") == 1
