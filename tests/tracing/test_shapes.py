"""Each shape of a workflow as a tree, in each tool: what is under what, its names, ids, tokens and cost."""

import json
from pathlib import Path

import pytest

from cantata.callbacks.events import ToolStart
from cantata.callbacks.tracing.names import observation_of
from tests.support.harness import of_type
from tests.support.traced_shapes import QUESTION, traced_shape
from tests.support.tracing import ALL

pytestmark = pytest.mark.anyio

TREES = {
    ("single", "langsmith"): """
        asking_orchestrator [chain]
          model [chain]
            gemini-2.5-flash_llm_call [llm]
            tools_condition [chain]
          tools [chain]
            population [tool]
          model [chain]
            gemini-2.5-flash_llm_call [llm]
            tools_condition [chain]
    """,
    ("single", "langfuse"): """
        asking_orchestrator [agent]
          model [chain]
            gemini-2.5-flash_llm_call [generation]
          tools [chain]
            population [tool]
          model [chain]
            gemini-2.5-flash_llm_call [generation]
    """,
    ("single", "opentelemetry"): """
        invoke_agent asking [invoke_agent]
          model []
            chat gemini-2.5-flash [chat]
          tools []
            execute_tool population [execute_tool]
          model []
            chat gemini-2.5-flash [chat]
    """,
    ("sequential", "langsmith"): """
        in_turn_orchestrator [chain]
          one [chain]
            one [chain]
              speak [chain]
                scripted-1_llm_call [llm]
          two [chain]
            two [chain]
              speak [chain]
                scripted-1_llm_call [llm]
    """,
    ("sequential", "langfuse"): """
        in_turn_orchestrator [chain]
          one [chain]
            speak [chain]
              scripted-1_llm_call [generation]
          two [chain]
            speak [chain]
              scripted-1_llm_call [generation]
    """,
    ("parallel", "langfuse"): """
        at_once_orchestrator [chain]
          one [chain]
            speak [chain]
              scripted-1_llm_call [generation]
          two [chain]
            speak [chain]
              scripted-1_llm_call [generation]
          aggregate [chain]
    """,
    ("parallel", "langsmith"): """
        at_once_orchestrator [chain]
          __start__ [chain]
            fan_out [chain]
          one [chain]
            one [chain]
              speak [chain]
                scripted-1_llm_call [llm]
          two [chain]
            two [chain]
              speak [chain]
                scripted-1_llm_call [llm]
          aggregate [chain]
    """,
    ("hierarchical", "langsmith"): """
        managed_orchestrator [chain]
          manager [chain]
            offline-demo_llm_call [llm]
          one [chain]
            one [chain]
              speak [chain]
                scripted-1_llm_call [llm]
          manager [chain]
            offline-demo_llm_call [llm]
    """,
    ("hierarchical", "langfuse"): """
        managed_orchestrator [chain]
          manager [chain]
            offline-demo_llm_call [generation]
          one [chain]
            speak [chain]
              scripted-1_llm_call [generation]
          manager [chain]
            offline-demo_llm_call [generation]
    """,
}


def lines(text: str) -> list[str]:
    found = text.strip("\n").rstrip().splitlines()
    return [line.removeprefix("        ") for line in found]


@pytest.mark.parametrize(("shape", "tool"), TREES)
async def test_the_tree_of_a_shape(tmp_path: Path, shape: str, tool: str) -> None:
    run = await traced_shape(tmp_path, shape, tool)

    assert run.workflow["status"] == "completed"
    assert run.tree(tool) == lines(TREES[shape, tool])


async def test_langsmiths_root_is_the_run_and_sums_it_up(tmp_path: Path) -> None:
    run = await traced_shape(
        tmp_path, "single", "langsmith", session_id="my-chat", metadata={"ticket": 7}, tags=("blue",)
    )

    root = run.seen_by("langsmith")[0]
    outputs, labels = root.members["outputs"], root.members["extra"]["metadata"]
    assert (root.id, root.trace_id, root.parent) == (run.trace_id, run.trace_id, None)
    assert root.members["inputs"] == {"input": QUESTION, "strategy": "single"}
    assert (outputs["final_response"], outputs["status"]) == ("Ten million.", "completed")
    assert outputs["execution_time_ms"] == run.workflow["execution_time_ms"]
    assert outputs["usage"] == run.workflow["usage"]
    assert outputs["usage"]["total_tokens"] == 3_110
    assert outputs["tools_used"] == ["population"]
    assert root.members["tags"] == ["blue"]
    assert labels["ticket"] == 7
    assert (labels["session_id"], labels["thread_id"]) == ("my-chat", run.run.thread_id)
    assert (labels["user_id"], labels["workspace"]) == ("ada", "default")
    assert (labels["graph"], labels["strategy"]) == ("asking", "single")


async def test_a_model_call_tells_langsmith_its_tokens_and_cost(tmp_path: Path) -> None:
    """1000 tokens in, 200 of them cached, and 100 out, at the list price of Gemini 2.5 Flash."""
    run = await traced_shape(tmp_path, "single", "langsmith")

    call = run.one("langsmith", "gemini-2.5-flash_llm_call")
    usage = call.members["extra"]["metadata"]["usage_metadata"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (1_000, 100, 1_100)
    assert usage["total_cost"] == pytest.approx((800 * 0.30 + 200 * 0.03 + 100 * 2.50) / 1e6)
    assert call.members["extra"]["metadata"]["ls_provider"] == "google_genai"
    assert call.members["inputs"]["messages"][0][0]["kwargs"]["content"] == QUESTION


async def test_everything_under_langsmiths_root_is_of_its_thread(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "parallel", "langsmith", session_id="my-chat")

    seen = run.seen_by("langsmith")
    assert {thing.members["extra"]["metadata"]["session_id"] for thing in seen} == {"my-chat"}
    assert {thing.members["extra"]["metadata"]["thread_id"] for thing in seen} == {run.run.thread_id}
    assert {thing.trace_id for thing in seen} == {run.trace_id}
    assert set(run.receiver.posts.values()) == {1}


async def test_a_stream_is_tagged(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "single", *ALL, is_stream=True)

    langsmith = [thing.members["tags"] for thing in run.seen_by("langsmith")]
    assert all("operation:api.stream" in tags for tags in langsmith)
    assert run.seen_by("langfuse")[0].members["langfuse.trace.tags"] == ["operation:api.stream"]
    assert run.seen_by("opentelemetry")[0].members["cantata.tags"] == ["operation:api.stream"]


async def test_langfuses_trace_is_the_run_with_its_session_and_user(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "single", "langfuse", session_id="my-chat", metadata={"ticket": 7})

    root = run.seen_by("langfuse")[0]
    assert root.trace_id == run.trace_id.replace("-", "")
    assert (root.id, root.parent) == (observation_of(run.trace_id), None)
    assert {thing.members["session.id"] for thing in run.seen_by("langfuse")} == {"my-chat"}
    assert {thing.members["user.id"] for thing in run.seen_by("langfuse")} == {"ada"}
    assert {thing.members["langfuse.trace.name"] for thing in run.seen_by("langfuse")} == {"asking_orchestrator"}
    assert root.members["langfuse.trace.metadata.ticket"] == "7"
    assert root.members["langfuse.trace.input"] == QUESTION
    assert json.loads(root.members["langfuse.trace.output"])["final_response"] == "Ten million."


async def test_a_generation_tells_langfuse_what_was_said_and_used(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "single", "langfuse")

    call = run.one("langfuse", "gemini-2.5-flash_llm_call").members
    output = json.loads(call["langfuse.observation.output"])
    assert call["langfuse.observation.model.name"] == "gemini-2.5-flash"
    assert json.loads(call["langfuse.observation.input"]) == [{"role": "user", "content": QUESTION}]
    assert [(asked["name"], asked["args"]) for asked in output["tool_calls"]] == [("population", {"city": "Cairo"})]
    assert json.loads(call["langfuse.observation.usage_details"]) == {
        "input": 800,
        "input_cache_read": 200,
        "output": 60,
        "output_reasoning": 40,
        "total": 1_100,
    }
    assert json.loads(call["langfuse.observation.cost_details"])["total"] == pytest.approx(0.000496)


async def test_langfuse_hears_when_the_first_word_came(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "single", "langfuse")

    spoken = [thing for thing in run.seen_by("langfuse") if "million" in thing.members["langfuse.observation.output"]]
    assert "langfuse.observation.completion_start_time" in spoken[-1].members


async def test_opentelemetry_hears_no_content_unless_it_is_asked_for(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "single", "opentelemetry")

    root, call = run.seen_by("opentelemetry")[0], run.one("opentelemetry", "chat gemini-2.5-flash")
    assert "Cairo" not in run.receiver.everything()
    assert root.members["gen_ai.agent.name"] == "asking"
    assert root.members["gen_ai.usage.input_tokens"] == 3_000
    assert call.members["gen_ai.request.model"] == "gemini-2.5-flash"
    assert call.members["gen_ai.provider.name"] == "gcp.gemini"
    assert call.members["gen_ai.usage.output_tokens"] == 100
    assert call.members["cantata.usage.cost_usd"] == pytest.approx(0.000496)


@pytest.mark.parametrize("tool", ["langfuse", "opentelemetry"])
async def test_events_name_the_observations_of_spans(tmp_path: Path, tool: str) -> None:
    run = await traced_shape(tmp_path, "single", tool)

    tools = of_type(run.events, ToolStart)
    assert {trace_id for trace_id, _ in run.marks()} == {run.trace_id}
    assert {observation_id for _, observation_id in run.marks()} == {thing.id for thing in run.seen_by(tool)}
    assert [event.observation_id for event in tools] == [
        thing.id for thing in run.seen_by(tool) if thing.kind in ("tool", "execute_tool")
    ]


async def test_events_name_langsmiths_runs(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "sequential", "langsmith")

    named = {observation_id for _, observation_id in run.marks()}
    known = {thing.id for thing in run.seen_by("langsmith")}
    assert named <= known
    assert run.trace_id in named


async def test_both_at_once_tell_the_same(tmp_path: Path) -> None:
    run = await traced_shape(tmp_path, "single", "langsmith", "langfuse")

    names = [[seen.name for seen in run.seen_by(tool)] for tool in ("langsmith", "langfuse")]
    assert [name for name in names[0] if name != "tools_condition"] == names[1]
    assert {observation_of(thing.id) for thing in run.seen_by("langfuse")} <= {
        observation_of(thing.id) for thing in run.seen_by("langsmith")
    }
