"""Whole logs of real runs, for whoever reads logs: random graphs that fail, are tried again, cancelled or killed."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from hypothesis import strategies as st
from msgspec import UNSET

from cantata.callbacks.events import (
    AgentThinking,
    MessageComplete,
    MessageDelta,
    MessageStart,
    ReasoningStep,
    StepStart,
    StoredEvent,
    WorkflowCompleted,
    WorkflowStarted,
)
from cantata.callbacks.usage import total
from cantata.server.errors import WorkflowFinished
from cantata.server.runs.frames import Frames, FrameWriter, joined
from cantata.server.runs.ids import RunId
from tests.support.engine import OWNER, open_server
from tests.support.graphs import NOTHING, Flaky, chain, nested, parallel, says
from tests.support.harness import WORKFLOW_ID, GraphRun
from tests.support.scripted import Pause, Piece, reasoning, scripted, used
from tests.support.shapes import Group, compiled, shapes

RUN = RunId(WORKFLOW_ID)
NOON = "2026-01-01T12:00:00.000Z"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Nodes that speak, one of which is killed in the middle of its words, once or twice."""

    kind: Literal["row", "parallel", "nested", "retried"]
    words: tuple[int, ...]
    """How many pieces each node says."""
    victim: int
    after: int
    """How many pieces the victim says before its process dies."""
    deaths: int
    answer: Literal["all", "last", "models"]
    """Whose words are the answer."""


scenes = st.builds(
    Scene,
    kind=st.sampled_from(["row", "parallel", "nested", "retried"]),
    words=st.lists(st.integers(0, 4), min_size=1, max_size=4).map(tuple),
    victim=st.integers(0, 3),
    after=st.integers(0, 4),
    deaths=st.integers(0, 2),
    answer=st.sampled_from(["all", "last", "models"]),
)


@dataclass(frozen=True)
class Played:
    """A random graph on the whole server, perhaps cancelled when its log holds so many events."""

    shape: Group
    cancel_at: int | None


Plot = Scene | Played

plots: st.SearchStrategy[Plot] = scenes | st.builds(Played, shapes, st.none() | st.integers(1, 30))


async def log_of_plot(plot: Plot) -> list[StoredEvent]:
    """Run whatever was drawn, and return its log."""
    return await (log_of_scene(plot) if isinstance(plot, Scene) else _log_of_shape(plot))


async def _log_of_shape(played: Played) -> list[StoredEvent]:
    with tempfile.TemporaryDirectory() as folder:
        async with open_server(Path(folder), {"tested": compiled(played.shape)}) as server:
            run = await server.start("tested", {"log": []})
            if played.cancel_at is not None:
                await server.reached(run, played.cancel_at)
                with suppress(WorkflowFinished):
                    await server.service.cancel(OWNER, run.id, "tester", "enough")
            await server.ended(run)
            return await server.events(run.id)


async def log_of_scene(scene: Scene) -> list[StoredEvent]:
    """Play a scene to its end, and return the log with the events that the run itself adds."""
    pauses = [Pause() for _ in range(scene.deaths)]
    run = GraphRun(_graph(scene, pauses))
    given: Any = NOTHING
    for pause in pauses:
        await run.crash_at(pause, given)
        given = None
    await run.invoke(given)
    return whole(run.events, *_answer(scene))


def whole(events: Sequence[StoredEvent], answer_nodes: Any = UNSET, models: Any = UNSET) -> list[StoredEvent]:
    """Put the first and the last event around what a handler emitted."""
    first = WorkflowStarted(
        workflow_id=RUN,
        timestamp=NOON,
        graph="tested",
        strategy="single",
        input="go",
        session_id="s1",
        answer_nodes=answer_nodes,
        metadata=UNSET if models is UNSET else {"models": models},
    )
    last = WorkflowCompleted(
        workflow_id=RUN,
        timestamp=NOON,
        output=None,
        usage=total([event.usage for event in events if isinstance(event, ReasoningStep)]),
        execution_time_ms=1,
        tools_used=[],
        step_count=1,
    )
    return [first, *events, last]


def frames_of(events: Sequence[StoredEvent], run_id: RunId = RUN, after: int = 0) -> Frames:
    """Encode *events* as the log of *run_id* after the number *after*."""
    own = [msgspec.structs.replace(event, workflow_id=run_id) for event in events]
    return joined(FrameWriter(run_id, after).write(own))


def deltas(*texts: str, message_id: str = "m1") -> list[StoredEvent]:
    """Write pieces of a message whose start is elsewhere."""
    return [MessageDelta(workflow_id=RUN, timestamp=NOON, message_id=message_id, delta=text) for text in texts]


def start_of(message_id: str, *path: str) -> StoredEvent:
    """Write the start of a message that the node at *path* says."""
    return MessageStart(**_place_of(message_id, path))


def end_of(message_id: str, content: str, *path: str) -> StoredEvent:
    """Write the end of a message that the node at *path* said."""
    return MessageComplete(**_place_of(message_id, path), status="ok", content=content)


def _place_of(message_id: str, path: Sequence[str]) -> dict[str, Any]:
    return {
        "workflow_id": RUN,
        "timestamp": NOON,
        "node": path[-1] if path else "",
        "path": list(path),
        "span_id": f"span of {message_id}",
        "message_id": message_id,
        "agent": "tested",
        "role": "assistant",
    }


def step_of(span_id: str, name: str, replaces: Any = UNSET) -> StoredEvent:
    """Write the start of a step."""
    return StepStart(
        workflow_id=RUN,
        timestamp=NOON,
        node=name,
        path=[name],
        span_id=span_id,
        step=1,
        name=name,
        task_id=span_id,
        attempt=1,
        replaces=replaces,
    )


def under(step: str, event: StoredEvent) -> StoredEvent:
    """Put the start of a message under a step; nothing else of it names one."""
    return msgspec.structs.replace(event, parent_span_id=step) if isinstance(event, MessageStart) else event


def thought() -> StoredEvent:
    """Write a piece of a thought."""
    return AgentThinking(workflow_id=RUN, timestamp=NOON, message_id="m1", delta="hm ")


def _graph(scene: Scene, pauses: list[Pause]) -> Any:
    victim = scene.victim % len(scene.words)
    nodes = {f"n{n}": says(_model(n, count, [])) for n, count in enumerate(scene.words)}
    nodes[f"n{victim}"] = says(_model(victim, scene.words[victim], pauses, scene.after))
    match scene.kind:
        case "row":
            return chain(**nodes)
        case "parallel":
            return parallel(**nodes)
        case "nested":
            return nested(parallel(**nodes))
        case "retried":
            return nested(chain(**nodes, flaky=Flaky(before=says(_model(9, 2, [])))), retry=True)


def _model(number: int, count: int, pauses: list[Pause], after: int = 0) -> Any:
    words: list[Piece | str] = [
        reasoning(f"think {number} "),
        *(f"{number}{letter} " for letter in "abcd"[:count]),
        used(3, count),
    ]
    return scripted(*([*words[: after + 1], pause] for pause in pauses), words)


def _answer(scene: Scene) -> tuple[Any, Any]:
    names = [f"n{n}" for n in range(len(scene.words))]
    above = ["team"] if scene.kind in ("nested", "retried") else []
    match scene.answer:
        case "all":
            return UNSET, UNSET
        case "last":
            return [[*above, names[-1]]], UNSET
        case "models":
            return [[*above, name] for name in names], names
