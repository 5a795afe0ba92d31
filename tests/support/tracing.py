"""Tracing as the settings make it, into a receiver."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cantata.callbacks.events import StoredEvent, encode
from cantata.callbacks.redaction import Redaction
from cantata.callbacks.tracing.tracing import Tracing
from cantata.server.runs.ids import uuid_of
from cantata.server.runs.model import Run
from cantata.server.settings import Settings
from cantata.server.tracing import open_tracing
from tests.support.engine import Server, open_server
from tests.support.trace_receiver import Seen, TraceReceiver, trace_receiver
from tests.support.trace_trees import tree

ALL = ("langsmith", "langfuse", "opentelemetry")


def settings_for(receiver: TraceReceiver, *tools: str, **more: Any) -> Settings:
    """Return the settings of a server that tells these tools; nothing of the tester's own environment."""
    told = {name.lower(): value for name, value in receiver.environment(*tools).items()}
    return Settings.model_validate({**Settings.model_construct().model_dump(), **told, **more})


@asynccontextmanager
async def tracing_to(
    receiver: TraceReceiver, *tools: str, secrets: Iterable[str] = (), **more: Any
) -> AsyncIterator[Tracing]:
    """Trace; leaving the context sends what is left."""
    async with open_tracing(settings_for(receiver, *tools, **more), Redaction(secrets)) as tracing:
        yield tracing


@dataclass(frozen=True)
class Traced:
    """A run that has come to rest, and what was received of it."""

    receiver: TraceReceiver
    run: Run
    workflow: dict[str, Any]
    events: list[StoredEvent]

    @property
    def trace_id(self) -> str:
        """The run's UUID."""
        return str(uuid_of(self.run.id))

    def seen_by(self, tool: str) -> list[Seen]:
        """Return what a tool got, in order."""
        receiver = self.receiver
        look = {"langsmith": receiver.runs, "langfuse": receiver.langfuse, "opentelemetry": receiver.otlp}
        return look[tool](self.trace_id)

    def marks(self) -> list[tuple[str, str]]:
        """Return `trace_id` and `observation_id` of the events that have them."""
        told = [json.loads(encode(event)) for event in self.events]
        return [(event["trace_id"], event["observation_id"]) for event in told if "trace_id" in event]

    def tree(self, tool: str) -> list[str]:
        """Return what a tool got as text."""
        return tree(self.seen_by(tool))

    def one(self, tool: str, name: str) -> Seen:
        """Return the first that a tool got under this name."""
        return next(seen for seen in self.seen_by(tool) if seen.name == name)


@asynccontextmanager
async def traced_server(
    folder: Path, graphs: Mapping[str, Any], *tools: str, secrets: Iterable[str] = (), **more: Any
) -> AsyncIterator[tuple[Server, TraceReceiver]]:
    """Serve *graphs*, and trace into a receiver; leaving the context sends what is left."""
    with trace_receiver() as receiver:
        async with (
            tracing_to(receiver, *tools, secrets=secrets, **more) as tracing,
            open_server(folder, graphs, secrets=secrets, tracing=tracing) as server,
        ):
            yield server, receiver


async def traced(
    folder: Path, graphs: Mapping[str, Any], graph: str, given: Any, *tools: str, **members: Any
) -> Traced:
    """Run a graph once, to its end, and return what these tools got of it."""
    async with traced_server(folder, graphs, *tools) as (server, receiver):
        run = await server.start(graph, given, **members)
        workflow = await server.ended(run)
        events = await server.events(run.id)
    return Traced(receiver, run, workflow, events)
