"""The page of workflow specs: each shape as it is written, as it is drawn, and as it runs with the offline model."""

import asyncio
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.pages.markdown import code, page, table
from docs.pages.transcript import lines_of
from docs.pages.workflow_rules import INTRODUCTION, LIMITS, MEMBERS, POSTING, RULES
from tests.support.engine import OWNER, Server, open_server, unwatched
from tests.transcripts.lanes import lanes

from cantata.callbacks.events import encode
from cantata.graphs.agent import GraphAgent
from cantata.graphs.compile import compile_spec
from cantata.graphs.drawing import draw, mermaid, turns
from cantata.graphs.functions import aggregator_names, transformer_names
from cantata.graphs.registry import GraphRegistry

WIDTH = 110  # of a spec


@dataclass(frozen=True)
class Example:
    """A workflow on the page, and what a human answers where it asks."""

    title: str
    words: str
    spec: dict[str, Any]
    given: str
    answers: tuple[Any, ...] = ()


EXAMPLES = (
    Example(
        "sequential",
        "Steps in turn. Each gets the output of the one before; the first gets the input, and the last one's output"
        " is the answer. `when` passes a step over, `transform` changes what the next one gets.",
        {
            "type": "sequential",
            "steps": [
                {"agent": "researcher"},
                {"agent": "writer", "method": "draft"},
                {"agent": "reviewer", "when": "length(@) > `100`"},
            ],
        },
        "Tell me about tea.",
    ),
    Example(
        "parallel",
        "Steps side by side, all with the same input. The node `aggregate` waits for every branch and makes one value"
        " of their outputs, in the order of the spec. A branch that fails ends the workflow, or with"
        ' `"on_error": "continue"` is told as `custom` `branch_failed` and left out.',
        {
            "type": "parallel",
            "tasks": [{"agent": "researcher"}, {"agent": "writer", "method": "draft", "name": "draft"}],
            "aggregate": "concat",
        },
        "Tell me about tea.",
    ),
    Example(
        "hierarchical",
        "A manager with a tool for each sub-agent. Its model says who gets which task and why, in the `reasoning_step`"
        " with the action `delegate`; those it calls at once work at once, and it reads what they answer. When it calls"
        " nobody any more its words are the answer, or what the `aggregator` makes of the sub-agents' outputs.",
        {
            "type": "hierarchical",
            "master": {"name": "assistant"},
            "subAgents": [{"name": "researcher"}, {"agent": "writer", "method": "report"}],
            "max_rounds": 2,
        },
        "Tell me about tea.",
    ),
    Example(
        "approval",
        "A human is asked, and the workflow waits, for as long as it takes: `workflow_interrupted` has the question,"
        " its schema and the value that is to be approved. `approved: false` ends the workflow, which fails with"
        " `not_approved`; a `value` in the answer goes on instead of the one that was there. With a `schema` of your"
        " own the next step gets"
        ' `{"value": …, "answer": …}`.',
        {
            "type": "sequential",
            "steps": [{"agent": "writer"}, {"type": "approval", "prompt": "Is it good enough to be read?"}],
        },
        "Tell me about tea.",
        ({"approved": True},),
    ),
    Example(
        "nested",
        "Any step can be a workflow of its own, 16 levels deep. It is a graph within its node: its events have the path"
        " of the nodes above them, and the parent's span, so that a client can draw lanes and nesting.",
        {
            "type": "sequential",
            "steps": [
                {"agent": "researcher"},
                {
                    "type": "parallel",
                    "tasks": [
                        {
                            "type": "sequential",
                            "name": "text",
                            "steps": [{"agent": "writer"}, {"agent": "reviewer", "method": "critique"}],
                        },
                        {"agent": "content", "method": "draft"},
                    ],
                    "aggregate": {"agent": "reviewer"},
                },
            ],
        },
        "Tell me about tea.",
    ),
)


def workflows_page() -> str:
    """Describe specs, and run every example."""
    logs = asyncio.run(_logs())
    return page(
        "Workflows",
        *INTRODUCTION,
        *(part for example, log in zip(EXAMPLES, logs, strict=True) for part in _shown(example, log)),
        "## What a step may say",
        table(("member", "of", "what it does"), MEMBERS),
        "## The way of a value",
        *(
            rule.format(transformers=_names(transformer_names()), aggregators=_names(aggregator_names()))
            for rule in RULES
        ),
        "## Limits",
        table(("what", "at most"), LIMITS),
        "## Run one",
        *POSTING,
    )


def _names(names: list[str]) -> str:
    return ", ".join(map(code, names))


def _shown(example: Example, log: str) -> Iterator[str]:
    graph = compile_spec(example.spec, GraphRegistry.load(None).agents())
    yield f"## {example.title}"
    yield example.words
    yield f"```json\n{_compact(example.spec)}\n```"
    yield f"```mermaid\n{mermaid(draw(graph))}```"
    yield f"```text\n{log}\n```"


def _compact(value: object, indent: int = 0) -> str:
    """Write JSON with as few lines as fit."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + indent <= WIDTH or not isinstance(value, dict | list) or not value:
        return short
    pad = " " * (indent + 2)
    if isinstance(value, list):
        inner = [_compact(item, indent + 2) for item in value]
        return "[\n" + ",\n".join(f"{pad}{item}" for item in inner) + f"\n{' ' * indent}]"
    members = [f"{json.dumps(key)}: {_compact(item, indent + 2)}" for key, item in value.items()]
    return "{\n" + ",\n".join(f"{pad}{member}" for member in members) + f"\n{' ' * indent}}}"


async def _logs() -> list[str]:
    with tempfile.TemporaryDirectory() as folder, quick_offline_model():
        async with open_server(Path(folder), {}) as server:
            for name, agent in GraphRegistry.load(None).agents().items():
                exported = agent.compiled if isinstance(agent, GraphAgent) else agent
                server.engine.graphs.register_agent(name, exported)
            return [await _log(server, example) for example in EXAMPLES]


@contextmanager
def quick_offline_model() -> Iterator[None]:
    """Let the offline model speak as fast as it can while the context is open."""
    before = os.environ.get("OFFLINE_DEMO_TOKEN_DELAY_MS")
    os.environ["OFFLINE_DEMO_TOKEN_DELAY_MS"] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ["OFFLINE_DEMO_TOKEN_DELAY_MS"]
        else:
            os.environ["OFFLINE_DEMO_TOKEN_DELAY_MS"] = before


async def _log(server: Server, example: Example) -> str:
    """Run an example and write its log as lines."""
    run = await server.start(example.title, example.given, definition=example.spec, model="offline-demo")
    workflow = await server.ended(run)
    for answer in example.answers:
        responses = {question["id"]: answer for question in workflow["interrupts"]}
        run, seq = await server.service.resume(OWNER, run.id, responses, None)
        await server.reached(run, seq)
        workflow = await server.service.wait(run, seq, unwatched)
    assert workflow["status"] == "completed", workflow["error"]
    graph = compile_spec(example.spec, server.engine.graphs.agents())
    inside = {path for path, _ in turns(graph)}
    events = lanes([json.loads(encode(event)) for event in await server.events(run.id)])
    return "\n".join(lines_of(events, inside))
