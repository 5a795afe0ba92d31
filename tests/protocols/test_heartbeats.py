"""A stream that has nothing to say shows that it lives, in every format, as often as its reader wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cantata.server.protocols.telling import Telling
from cantata.server.protocols.view import View
from cantata.server.sse import Streams
from tests.protocols.telling import VIEWS
from tests.support.engine import Server, open_server
from tests.support.graphs import NOTHING, chain, says
from tests.support.scripted import Pause, Piece, reasoning, scripted
from tests.support.sse import EventSource

NEVER = 3_600.0
SOON = 0.02


@asynccontextmanager
async def a_server(folder: Path, *turn: Piece | str) -> AsyncIterator[Server]:
    async with open_server(folder, {"tested": chain(say=says(scripted(turn)))}) as server:
        yield server


@asynccontextmanager
async def beating(heartbeat_seconds: float) -> AsyncIterator[Streams]:
    """Keep the one timer that all streams share."""
    streams = Streams(heartbeat_seconds)
    async with asyncio.TaskGroup() as tasks:
        timer = tasks.create_task(streams.beat())
        yield streams
        timer.cancel()


async def read_until(server: Server, streams: Streams, view: View, count: int, pause: Pause) -> EventSource:
    """Read a run that says nothing more until its stream has shown *count* heartbeats; then let it end."""
    run = await server.start("tested", NOTHING)
    source = EventSource()
    async with aclosing(Telling(server.service, streams).run(run, 0, view)) as stream:
        async for data in stream:
            source.feed(data)
            if heartbeats(source) >= count:
                pause.go.set()
    return source


def heartbeats(source: EventSource) -> int:
    return len(source.comments) + len([one for one in source.messages if one.name == "heartbeat"])


@pytest.mark.parametrize("name", sorted(VIEWS))
async def test_a_silent_stream_shows_heartbeats_in_its_formats_way(name: str, tmp_path: Path) -> None:
    pause = Pause()
    async with a_server(tmp_path, "one ", pause, "two") as server, beating(SOON) as streams:
        source = await read_until(server, streams, VIEWS[name], 2, pause)

    named = [one for one in source.messages if one.name == "heartbeat"]
    assert (bool(named), bool(source.comments)) == (name == "reasoning", name != "reasoning")
    assert {one.has_id for one in named} <= {False}
    assert set(source.comments) <= {" heartbeat"}


@pytest.mark.parametrize(
    "options", [{"exclude": frozenset({"heartbeat"})}, {"include": frozenset({"message_delta"})}], ids=["out", "not in"]
)
async def test_who_wants_no_heartbeat_events_gets_comments(options: Any, tmp_path: Path) -> None:
    pause = Pause()
    async with a_server(tmp_path, "one ", pause, "two") as server, beating(SOON) as streams:
        source = await read_until(server, streams, View(**options), 1, pause)

    assert "heartbeat" not in {one.name for one in source.messages}
    assert source.comments


@pytest.mark.parametrize("name", sorted(VIEWS))
async def test_a_stream_has_heartbeats_of_its_own_pace(name: str, tmp_path: Path) -> None:
    """The server's timer is as quick as the quickest stream may wish; its own streams are not woken by it."""
    pause = Pause()
    async with a_server(tmp_path, "one ", pause, "two") as server, beating(NEVER) as streams:
        source = await read_until(server, streams, replace(VIEWS[name], heartbeat_seconds=SOON), 1, pause)

    assert heartbeats(source) >= 1


async def test_events_that_give_no_frames_are_no_sign_of_life(tmp_path: Path) -> None:
    """A model that thinks aloud says nothing in `chunks`: a proxy would see a dead connection."""
    thoughts = [reasoning("hm ")] * 2_000
    pause = Pause()
    async with a_server(tmp_path, *thoughts, pause, "done") as server, beating(SOON) as streams:
        source = await read_until(server, streams, VIEWS["chunks"], 3, pause)

    assert len(source.comments) >= 3
    assert [one.name for one in source.messages] == ["message", "message"]
