"""A few nodes in turn, each with a streaming model call, and what it costs to trace them.

A process of its own: `python -m benchmarks.traced_graph FINE BROKEN SILENT RUNS`, the ports of the endpoints. Each kind
of tracing has a Cantata of its own in it, and they take turns, so that a drift of the machine meets all; the threads
that send are waited for and count.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langgraph.graph import START, MessagesState, StateGraph

from benchmarks.tracing import TracingCost
from cantata.graphs.opening import AnyGraph
from cantata.server import Cantata
from cantata.server.settings import Settings

NODES = 4  # each with a model call
SPANS = 2 * NODES + 1
TOKENS = 80  # of a call
ROUNDS = 7  # of each kind; the median counts, without the first one, which warms up
QUIET_SECONDS = 0.6  # for the threads to send a round's spans
ENDPOINTS = ("live", "refused", "broken", "silent")

_USED = UsageMetadata(input_tokens=12, output_tokens=TOKENS, total_tokens=12 + TOKENS)


class Talker(BaseChatModel):
    """Streams a fixed number of tokens."""

    @property
    def _llm_type(self) -> str:
        return "talker"

    def _generate(self, messages: list[BaseMessage], *args: object, **kwargs: object) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("word " * TOKENS))])

    async def _astream(
        self, messages: list[BaseMessage], *args: object, **kwargs: object
    ) -> AsyncIterator[ChatGenerationChunk]:
        for _ in range(TOKENS):
            yield ChatGenerationChunk(message=AIMessageChunk(content="word "))
        yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=_USED))


def opened(database: Path, told: Mapping[str, Any]) -> AbstractAsyncContextManager[Cantata]:
    """Make a Cantata with the graph `measured`; *told* are settings, and no others of the environment's."""
    settings = Settings.model_validate(
        {**Settings.model_construct().model_dump(), "database_url": f"sqlite:///{database}", **told}
    )
    cantata = Cantata(settings)
    cantata.register_agent("measured", _graph())
    return cantata


def _graph() -> AnyGraph:
    model = Talker()

    async def talk(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    builder = StateGraph(MessagesState)
    names = [f"node{number}" for number in range(NODES)]
    for before, name in zip([START, *names], names, strict=False):
        builder.add_node(name, talk)
        builder.add_edge(before, name)
    return builder.compile()


def _kinds(fine: str, broken: str, silent: str) -> dict[str, Mapping[str, Any]]:
    ports = {"live": fine, "refused": "9", "broken": broken, "silent": silent}
    langsmith, langfuse = (
        {place: tell(f"http://127.0.0.1:{ports[place]}") for place in ENDPOINTS} for tell in (_langsmith, _langfuse)
    )
    return {
        "off": {},
        **{f"langsmith {place}": told for place, told in langsmith.items()},
        **{f"langfuse {place}": told for place, told in langfuse.items()},
        "opentelemetry live": {"otel_exporter_otlp_endpoint": f"http://127.0.0.1:{fine}"},
        "both live": {**langsmith["live"], **langfuse["live"]},
    }


def _langsmith(url: str) -> Mapping[str, Any]:
    return {"langsmith_tracing": True, "langsmith_endpoint": url, "langsmith_api_key": "bench"}


def _langfuse(url: str) -> Mapping[str, Any]:
    told = {"langfuse_public_key": "pk-lf-bench", "langfuse_secret_key": "sk-lf-bench"}
    return {"langfuse_enabled": True, "langfuse_host": url, **told}


async def _measure(kinds: Mapping[str, Mapping[str, Any]], runs: int) -> TracingCost:
    rounds: dict[str, list[float]] = {kind: [] for kind in kinds}
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            open_ones = {
                kind: await stack.enter_async_context(opened(Path(folder) / f"{number}.db", settings))
                for number, (kind, settings) in enumerate(kinds.items())
            }
            for _ in range(ROUNDS):
                for kind, cantata in open_ones.items():
                    rounds[kind].append(await _cost(cantata, runs))
    return _summed({kind: costs[1:] for kind, costs in rounds.items()})


async def _cost(cantata: Cantata, runs: int) -> float:
    """Return the processor time of a run, in ms, of all threads."""
    began = time.process_time()
    for _ in range(runs):
        workflow = await cantata.run("go on", graph="measured")
        assert workflow["status"] == "completed", workflow
    await asyncio.sleep(QUIET_SECONDS)
    return (time.process_time() - began) / runs * 1_000


def _summed(rounds: Mapping[str, list[float]]) -> TracingCost:
    def span(kind: str) -> float:
        pairs = zip(rounds[kind], rounds["off"], strict=True)
        return statistics.median(cost - off for cost, off in pairs) / SPANS

    def share(tool: str, place: str) -> float:
        pairs = zip(rounds[f"{tool} {place}"], rounds[f"{tool} live"], strict=True)
        return statistics.median(cost / live for cost, live in pairs)

    shares = {f"{t}_{place}": share(t, place) for t in ("langsmith", "langfuse") for place in ENDPOINTS[1:]}
    spans = {f"{t}_span_ms": span(f"{t} live") for t in ("langsmith", "langfuse", "opentelemetry", "both")}
    return TracingCost(off_ms=statistics.median(rounds["off"]), **spans, **shares)


if __name__ == "__main__":
    told = _kinds(*sys.argv[1:4])
    print(json.dumps(asdict(asyncio.run(_measure(told, int(sys.argv[4]))))))
