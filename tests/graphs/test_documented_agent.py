"""The agent that docs/agents.md shows: written as the page has it, listed, loaded and run."""

import re
from pathlib import Path
from typing import Any

import pytest

from cantata.graphs.registry import GraphRegistry

PAGE = (Path(__file__).parents[2] / "docs/agents.md").read_text(encoding="utf-8")


@pytest.fixture
def registry(tmp_path: Path, clean_imports: None) -> GraphRegistry:
    """Load a project that has the page's two files and nothing else."""
    (tmp_path / "agents").mkdir()
    (tmp_path / "agents/converter.py").write_text(block("python"), encoding="utf-8")
    (tmp_path / "langgraph.json").write_text(block("json"), encoding="utf-8")
    return GraphRegistry.load(tmp_path / "langgraph.json")


def block(language: str) -> str:
    """Take a block of code off the page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_it_is_listed_with_its_description_and_methods(registry: GraphRegistry) -> None:
    (entry,) = [entry for entry in registry.entries() if entry.name == "converter"]
    agent = registry.get("converter").agent

    assert (entry.origin, entry.error) == ("project", None)
    assert entry.description == "The converter: tells distances in kilometres."
    assert agent is not None
    assert list(agent.method_names) == ["run", "execute", "compare"]


@pytest.mark.parametrize("method", ["run", "execute", "compare"])
async def test_every_method_of_it_runs(registry: GraphRegistry, method: str) -> None:
    agent = registry.get("converter").agent
    assert agent is not None

    result = await agent.graph(method).ainvoke(asked("How many kilometres are 26 miles?"))

    assert result["messages"][-1].text.startswith("26 miles are 41.8 kilometres.")


async def test_it_is_a_step_of_a_workflow(registry: GraphRegistry) -> None:
    spec = {"type": "sequential", "steps": [{"agent": "converter", "method": "compare"}, {"agent": "writer"}]}

    async with registry.find("a walk", spec).open({}) as graph:
        result = await graph.ainvoke(asked("Convert 3 miles to kilometres"))

    assert "3 miles are 4.8 kilometres." in result["final_response"]


def asked(text: str) -> Any:
    return {"messages": [{"type": "human", "content": text}]}
