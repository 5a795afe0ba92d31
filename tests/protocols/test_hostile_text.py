"""Nothing that a model, a tool or a graph says can break a frame, in any format, for clients that keep the rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool
from langgraph.config import get_stream_writer

from cantata.callbacks.events import TYPE_NAMES
from tests.protocols.telling import VIEWS, opening, shown, told
from tests.support.engine import open_server
from tests.support.graphs import NOTHING, chain
from tests.support.logs import frames_of
from tests.support.scripted import reasoning, scripted
from tests.support.sse import EventSource, read

HOSTILE = {
    "a forged frame": 'fine\n\nevent: admin\ndata: {"forged":true}\nid: evt_0_0\n\n',
    "carriage returns": "one\rtwo\r\rthree\r\n\r\nevent: admin\r\ndata: x\r\n\r\n",
    "NUL": "id: \0\nid: a\0b\n\0",
    "line separators": "one\u2028two\u2029three\x85four\x0bfive\x0csix",
    "lone surrogates": "half \ud83d a face \udc00\udbff",
    "byte order marks": "\ufeff\ufeffdata: x\n\n\ufeff",
    "comments and retries": ": heartbeat\n\nretry: 0\n\nretry: 99999999\n",
    "ends in the middle": '\\"}\n\ndata: {"chunk":"',
    "a megabyte without a blank": "x" * 1_000_000,
}
NAMES = {
    "reasoning": {*TYPE_NAMES.values()},
    "compat": {"connected", "status", "progress", "chunk", "complete", "error", "close"},
    "compat with tokens": {"connected", "status", "progress", "chunk", "token", "complete", "error", "close"},
    "chunks": {"message"},
    "session": {"status", "delta", "message", "finish"},
}


@tool
async def repeat(text: str) -> str:
    """Say it again."""
    return text


def hostile_graph(text: str) -> Any:
    """Make a graph that says *text* in every way there is, and fails with it."""

    async def speak(state: Any) -> Any:
        answer = await scripted([reasoning(text), text, text]).ainvoke("go")
        return {"log": [answer.text]}

    async def act(state: Any) -> Any:
        await repeat.ainvoke({"text": text})
        say = get_stream_writer()
        say({"type": text, "text": text, text: text})
        say({"type": "progress", "percent": 50, "message": text})
        raise ValueError(text.encode("utf-8", "replace").decode())  # it is logged, and xdist carries no surrogates

    return chain(speak=speak, act=act)


async def stream_of(text: str, folder: Path, name: str) -> bytes:
    async with open_server(folder, {"tested": hostile_graph(text)}) as server:
        run = await server.start("tested", NOTHING, metadata={"note": text.encode("utf-8", "replace").decode()})
        await server.ended(run)
        events = await server.events(run.id)
    return opening() + told(frames_of(events), VIEWS[name])


@pytest.mark.parametrize("name", sorted(VIEWS))
@pytest.mark.parametrize("kind", sorted(HOSTILE))
async def test_no_text_breaks_a_frame(kind: str, name: str, tmp_path: Path) -> None:
    stream = await stream_of(HOSTILE[kind], tmp_path, name)

    source = read(stream)
    assert source.unknown == []
    assert source.comments == []
    assert source.retry == 1000
    assert {one.name for one in source.messages} <= NAMES[name]
    assert all(isinstance(json.loads(one.data), dict) for one in source.messages)
    assert source.last_event_id.startswith("evt_01h455vb4pex5vsknk084sn02q_")
    assert len(source.messages) == len([frame for frame in stream.split(b"\n\n") if b"data: " in frame])


@pytest.mark.parametrize("kind", sorted(HOSTILE))
async def test_hostile_text_arrives_as_it_was_said(kind: str, tmp_path: Path) -> None:
    """Only lone surrogates cannot: no UTF-8 has them."""
    text = HOSTILE[kind]

    page = shown(read(await stream_of(text, tmp_path, "chunks")).messages)

    said = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
    assert page.texts == {None: said * 2}


@pytest.mark.parametrize("name", sorted(VIEWS))
async def test_a_stream_can_be_cut_within_a_character(name: str, tmp_path: Path) -> None:
    """A client reads bytes as they come: what is cut in the middle of a letter is read on with the next piece."""
    stream = await stream_of("Grüße aus 東京 🗼", tmp_path, name)
    source = EventSource()

    for n in range(len(stream)):
        source.feed(stream[n : n + 1])

    assert source.messages == read(stream).messages
