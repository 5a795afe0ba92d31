"""A whole conversation as a document, written piece by piece: a workflow is in memory for as long as it is written."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import msgspec
import orjson

from cantata.server.errors import WorkflowNotFound
from cantata.server.routes.session_markdown import heading, turn
from cantata.server.routes.session_shapes import message_tree, whole_session
from cantata.server.runs.model import Message, Session
from cantata.server.runs.ports.sessions import RunPlace
from cantata.server.runs.service import RunService, Workflow
from cantata.server.runs.sessions import Sessions, branch_to, way_to


async def exported(
    owner: str, session: Session, sessions: Sessions, service: RunService, *, is_markdown: bool
) -> AsyncIterator[bytes]:
    """Write the session; what is slow about it happens in threads."""
    runs = await sessions.runs(owner, session.id)
    messages = await sessions.messages(owner, session.id)
    write = _as_markdown if is_markdown else _as_json
    async with aclosing(write(owner, session, runs, messages, service)) as pieces:
        async for piece in pieces:
            yield piece


async def _as_json(
    owner: str, session: Session, runs: Sequence[RunPlace], messages: Sequence[Message], service: RunService
) -> AsyncGenerator[bytes]:
    def beginning() -> bytes:
        active = {message.message_id for message in branch_to(messages, session.head_message_id)}
        tree = message_tree(session.id, messages, active)
        return b'{"session":' + msgspec.json.encode(whole_session(session, runs)) + b',"messages":' + tree

    yield await asyncio.to_thread(beginning)
    separator = b',"workflows":['
    async with aclosing(_workflows(owner, runs, service)) as found:
        async for _, workflow in found:
            yield separator + await asyncio.to_thread(orjson.dumps, workflow)
            separator = b","
    yield b"]}" if separator == b"," else separator + b"]}"


async def _as_markdown(
    owner: str, session: Session, runs: Sequence[RunPlace], messages: Sequence[Message], service: RunService
) -> AsyncGenerator[bytes]:
    yield heading(session).encode()
    branch = way_to({run.id: run for run in runs}, session.head_id)
    others = [run for run in runs if run not in branch]
    numbers = {run.id: number for number, run in enumerate([*branch, *others], 1)}
    async with aclosing(_workflows(owner, [*branch, *others], service)) as found:
        async for run, workflow in found:
            if others and run is others[0]:
                yield b"\n# Other branches\n"
            follows = numbers.get(run.parent_id) if run in others and run.parent_id else None
            text = await asyncio.to_thread(turn, numbers[run.id], follows, run, messages, workflow)
            yield text.encode()


async def _workflows(
    owner: str, runs: Sequence[RunPlace], service: RunService
) -> AsyncGenerator[tuple[RunPlace, Workflow]]:
    for run in runs:
        try:
            workflow = await service.workflow(owner, run.id)
        except WorkflowNotFound:  # removed meanwhile
            continue
        yield run, workflow
