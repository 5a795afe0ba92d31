"""The trees on the page of observability: a run of each shape, as the tools' endpoints receive it."""

import asyncio
import json
import tempfile
from pathlib import Path

from docs.pages.workflows import quick_offline_model
from tests.support.trace_receiver import Seen
from tests.support.trace_trees import tree
from tests.support.traced_shapes import SHAPES, traced_shape

TOOLS = {"langsmith": "LangSmith", "langfuse": "Langfuse", "opentelemetry": "OpenTelemetry"}


def trace_trees() -> str:
    """Show each shape in each tool."""
    return "\n\n".join(asyncio.run(_shown()))


async def _shown() -> list[str]:
    parts: list[str] = []
    for name in SHAPES:
        parts.append(f"### {name}")
        trees = await _trees(name)
        parts.extend(f"{TOOLS[tool]}:\n\n```text\n{shown}\n```" for tool, shown in trees.items())
    return parts


async def _trees(name: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder, quick_offline_model():
        run = await traced_shape(Path(folder), name, *TOOLS)
    return {tool: "\n".join(tree(run.seen_by(tool), _line)) for tool in TOOLS}


def _line(thing: Seen) -> str:
    kind = f" [{thing.kind}]" if thing.kind else ""
    return f"{thing.name}{kind}{_used(thing)}"


def _used(thing: Seen) -> str:
    """Say what a model call used, in whatever words the tool was told."""
    members = thing.members
    if thing.kind == "llm":
        usage = members["extra"]["metadata"]["usage_metadata"]
        tokens, cost = (usage["input_tokens"], usage["output_tokens"]), usage.get("total_cost")
    elif thing.kind == "generation":
        usage = json.loads(members["langfuse.observation.usage_details"])
        tokens = tuple(sum(n for k, n in usage.items() if k.startswith(side)) for side in ("input", "output"))
        cost = json.loads(members.get("langfuse.observation.cost_details", "{}")).get("total")
    elif thing.kind == "chat":
        tokens = (members["gen_ai.usage.input_tokens"], members["gen_ai.usage.output_tokens"])
        cost = members.get("cantata.usage.cost_usd")
    else:
        return ""
    return f" {tokens[0]} → {tokens[1]} tokens" + ("" if cost is None else f", ${cost:g}")
