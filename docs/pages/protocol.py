"""The page of the wire formats: what each is for, its frames, and one real run in all of them."""

import asyncio
import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from docs.pages import protocol_words as words
from docs.pages.markdown import page, table
from docs.pages.workflows import quick_offline_model
from langgraph.graph import START, StateGraph
from tests.support.engine import Server, open_server
from tests.support.graphs import NOTHING, ONCE_MORE, Flaky, Log, says
from tests.support.scripted import scripted, used
from tests.support.specs import says_it, tasks
from tests.transcripts.golden import normal

from cantata.graphs.agents import assistant
from cantata.server.protocols.projected import ProjectedLog
from cantata.server.protocols.view import FORMATS, Format, View
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import Cursor, RunId

WIDTH = 90  # of a member
FEW = 4  # frames of one kind in a row
COMMON = frozenset(
    [
        *("workflow_id", "timestamp", "node", "path", "span_id", "parent_span_id", "task_id", "attempt", "superstep"),
        *("event_id", "session_id", "run_id", "tags", "metadata", "trace_id", "observation_id", "parent_ids"),
    ]
)
"""Members of almost every frame."""
QUESTION = "What is 17*23?"

Streams = dict[str, str]


def protocol_page() -> str:
    """Describe the formats, and run what they tell."""
    streams = asyncio.run(_streams())
    shown = {name: f"```text\n{stream}\n```" for name, stream in streams.items()}
    return page(
        "Wire formats",
        *words.INTRODUCTION,
        table(("you want", "take"), words.CHOICE),
        *words.FRAMES,
        "## reasoning",
        *words.REASONING,
        words.RUN,
        shown["reasoning"],
        "## compat",
        *words.COMPAT,
        table(("event", "data", "when"), words.COMPAT_FRAMES),
        shown["compat"],
        "## chunks",
        *words.CHUNKS,
        table(("data", "what it is"), words.CHUNK_FRAMES),
        shown["chunks"],
        words.ANSWER,
        words.RESETS,
        shown["reset"],
        words.MODELS,
        shown["models"],
        "## session",
        *words.SESSION,
        table(("event", "event_type", "what it is, with its data"), words.SESSION_FRAMES),
        shown["session"],
        "## Going on after a cut",
        *words.CURSORS,
        table(("what may come again", "in", "what to do"), words.REPEATS),
        *words.AFTER_CURSORS,
        "## Options",
        table(("in the query", "value", "what it does"), words.OPTIONS),
        *words.HEARTBEATS,
    )


async def _streams() -> Streams:
    with tempfile.TemporaryDirectory() as folder, quick_offline_model():
        async with open_server(Path(folder), _graphs()) as server:
            server.engine.graphs.register_agent("assistant", assistant.agent)
            told = await _log(server, "assistant", QUESTION, model="offline-demo")
            names = ["one", "two"]
            # One at a time, so that the page is the same each time; else their frames are mixed.
            spec = tasks(*names, max_concurrency=1)
            models = await _log(server, "compared", "tea?", definition=spec, metadata={"models": names})
            anew = await _log(server, "stumbles", NOTHING)
            return {
                **{name: _stream(told, name) for name in FORMATS},
                "models": _stream(models, "chunks"),
                "reset": _stream(anew, "chunks"),
            }


def _graphs() -> dict[str, object]:
    one = says_it("one", ["Tea is ", "a drink.", used(9, 4)])
    two = says_it("two", ["Tea comes ", "from China.", used(9, 6)])
    return {"one": one.compiled, "two": two.compiled, "stumbles": _stumbling()}


async def _log(server: Server, graph: str, given: object, **members: object) -> Frames:
    run = await server.start(graph, given, session_id="my-chat", **members)
    workflow = await server.ended(run)
    assert workflow["status"] == "completed", workflow["error"]
    frames = (await server.page(run.id)).frames
    assert frames is not None
    return frames


def _stumbling() -> object:
    """Make a graph whose second node fails in the middle of its words, once."""
    write = Flaky(before=says(scripted(["It comes ", "from", used(9, 4)], ["It comes ", "from China.", used(9, 6)])))
    define: Any = says(scripted(["Tea is ", "a drink. ", used(9, 4)]))
    return (
        StateGraph(Log)
        .add_node("define", define)
        .add_node("tell", write, retry_policy=ONCE_MORE)
        .add_edge(START, "define")
        .add_edge("define", "tell")
        .compile()
    )


def _stream(log: Frames, told: Format) -> str:
    """Tell a run from its start, as the page shows it."""
    run_id = RunId(next(log.events()).workflow_id)
    view = View(format=told)
    stream = ProjectedLog(run_id, view.projection("my-chat")).data(log, 0, view)
    frames = normal(f"retry: 1000\nid: {Cursor(run_id, 0)}\n\n".encode() + stream).split("\n\n")[:-1]
    return "\n\n".join(_few([_short(frame, is_whole=n == 1) for n, frame in enumerate(frames)]))


def _few(frames: Sequence[str]) -> Iterator[str]:
    """Leave out the middle of many frames of one kind."""
    for _, group in groupby(frames, _kind):
        alike = list(group)
        yield from alike if len(alike) <= FEW else [*alike[:2], "…", alike[-1]]


def _kind(frame: str) -> str:
    """Name what is alike in frames of one kind: their name, and the first member of an unnamed one."""
    found = re.search(r'^event: (\w+)|"(chunk|reset|complete)":', frame, re.MULTILINE)
    return found[0] if found and found[0] != "event: status" else frame


def _short(frame: str, *, is_whole: bool) -> str:
    head, is_there, data = frame.partition("data: ")
    return frame if is_whole or not is_there else f"{head}data: {_members(json.loads(data))}"


def _members(members: Mapping[str, object]) -> str:
    """Write an object; the members that every frame has are shown in the first one alone."""
    shown = ["…" if name in COMMON else f"{json.dumps(name)}:{_value(value)}" for name, value in members.items()]
    return "{" + ",".join(part for part, _ in groupby(shown)) + "}"


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= WIDTH:
        return text
    match value:
        case dict():
            return "{…}"
        case list():
            return "[…]"
        case _:
            return f'{text[: WIDTH - 2]}…"'
