"""Sessions and messages as clients get them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cantata.server.runs.ids import RunId
from cantata.server.runs.links import session_links_of
from cantata.server.runs.model import Message, Session, Status
from cantata.server.runs.ports.sessions import RunPlace
from cantata.server.runs.sessions import one_line, title_of

LAST_CHARS = 200  # of a session's last message, in a list


class ShownMessage(msgspec.Struct, kw_only=True):
    """What somebody said in a session."""

    message_id: str
    session_id: str
    workflow_id: RunId
    parent_id: str | None
    """The message that it goes on from."""
    role: str
    content: str
    content_parts: list[Any]
    cause_by: str
    """What brought it about: a tool, else the graph; `user` for the user's own."""
    sent_from: str
    send_to: list[str]
    """The user's goes to the graph, an answer to `user`; what agents say on the way is addressed to nobody."""
    trace_id: str | None
    timestamp: float
    """Unix seconds."""
    metadata: dict[str, Any]
    active: bool
    """It is on the branch with which the session goes on."""


class LastMessage(msgspec.Struct, kw_only=True):
    """The end of the active branch, cut to one line."""

    message_id: str
    role: str
    content: str
    timestamp: float


class ShownSession(msgspec.Struct, kw_only=True):
    """A conversation."""

    session_id: str
    title: str | None
    status: Status | None
    """Of the newest workflow of the active branch."""
    active_workflow_id: RunId | None
    """What keeps the session busy."""
    created_at: str
    updated_at: str
    last_message: LastMessage | None
    message_count: int
    workflow_count: int
    graphs: list[str]
    links: dict[str, str]


class SessionWorkflow(msgspec.Struct, kw_only=True):
    """A workflow of a session."""

    workflow_id: RunId
    follows: RunId | None
    """The workflow that it goes on from."""
    graph: str
    status: Status
    created_at: str


class WholeSession(ShownSession, kw_only=True):
    """A conversation with its workflows, in the order of their creation."""

    head: str | None
    """The message after which the next one goes."""
    workflows: list[SessionWorkflow]


def session_schemas() -> dict[str, Any]:
    """Describe sessions and messages as JSON Schemas, as OpenAPI's components name them."""
    shapes = [ShownSession, WholeSession, ShownMessage]
    _, components = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    return components


def shown_session(session: Session) -> ShownSession:
    """Show a session as in a list."""
    return ShownSession(**_members(session))


def whole_session(session: Session, runs: Sequence[RunPlace]) -> WholeSession:
    """Show a session with its workflows."""
    workflows = [
        SessionWorkflow(
            workflow_id=run.id, follows=run.parent_id, graph=run.graph, status=run.status, created_at=run.created_at
        )
        for run in runs
    ]
    return WholeSession(**_members(session), head=session.head_message_id, workflows=workflows)


def message_list(session_id: str, messages: Sequence[Message], active: Collection[str]) -> bytes:
    """Write messages as a JSON array."""
    return msgspec.json.encode([_shown(session_id, message, active) for message in messages])


def message_tree(session_id: str, messages: Sequence[Message], active: Collection[str]) -> bytes:
    """Write messages as a JSON array of trees, nested in `children`.

    Written piece by piece: a long conversation is nested deeper than an encoder goes.
    """
    known = {message.message_id for message in messages}
    children: defaultdict[str | None, list[Message]] = defaultdict(list)
    for message in messages:
        children[message.parent_id if message.parent_id in known else None].append(message)
    pieces: list[bytes] = []
    todo: list[bytes | Message] = _listed(children[None])[::-1]
    while todo:
        item = todo.pop()
        if isinstance(item, bytes):
            pieces.append(item)
            continue
        pieces.append(msgspec.json.encode(_shown(session_id, item, active))[:-1] + b',"children":')
        todo.append(b"}")
        todo.extend(_listed(children[item.message_id])[::-1])
    return b"".join(pieces)


def _listed(messages: Sequence[Message]) -> list[bytes | Message]:
    parts: list[bytes | Message] = [b"["]
    for number, message in enumerate(messages):
        parts += [b",", message] if number else [message]
    return [*parts, b"]"]


def _members(session: Session) -> dict[str, Any]:
    last = session.last_message
    return {
        "session_id": session.id,
        "title": title_of(session),
        "status": session.status,
        "active_workflow_id": session.active_id,
        "created_at": session.created_at,
        "updated_at": session.updated_at,
        "last_message": LastMessage(
            message_id=last.message_id,
            role=last.role,
            content=one_line(last.content, LAST_CHARS),
            timestamp=_unix(last.timestamp),
        )
        if last
        else None,
        "message_count": session.message_count,
        "workflow_count": session.run_count,
        "graphs": session.graphs,
        "links": session_links_of(session.id),
    }


def _shown(session_id: str, message: Message, active: Collection[str]) -> ShownMessage:
    return ShownMessage(
        message_id=message.message_id,
        session_id=session_id,
        workflow_id=message.run_id,
        parent_id=message.parent_id,
        role=message.role,
        content=message.content,
        content_parts=message.content_parts,
        cause_by=message.cause_by,
        sent_from=message.sent_from,
        send_to=message.send_to,
        trace_id=message.trace_id,
        timestamp=_unix(message.timestamp),
        metadata=message.metadata,
        active=message.message_id in active,
    )


def _unix(timestamp: str) -> float:
    return datetime.fromisoformat(timestamp).timestamp()
