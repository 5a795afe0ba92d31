"""/api/sessions: conversations, their messages as trees, other branches of them."""

import asyncio
import re
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from msgspec import UNSET
from starlette.responses import StreamingResponse

from cantata.server.auth.policies import needs
from cantata.server.auth.principal import READ, WRITE, Caller
from cantata.server.errors import BadCursor
from cantata.server.routes.answers import Service, answers_of
from cantata.server.routes.bodies import (
    EditBody,
    ExportQuery,
    MessagesQuery,
    NewRunQuery,
    NoQuery,
    OwnerQuery,
    SessionBody,
    SessionsQuery,
    VariantBody,
)
from cantata.server.routes.chat import check_text
from cantata.server.routes.documented import (
    EXPORT_ANSWERS,
    MESSAGE_LIST,
    SESSION_ANSWERS,
    SESSION_CHANGES,
    SESSION_LIST,
    SESSION_REMOVAL,
    VARIANT_ANSWERS,
)
from cantata.server.routes.looks import look_as
from cantata.server.routes.requests import (
    StrictJsonRoute,
    Wanted,
    disconnect_of,
    idempotency_key,
    reply_to,
    request_hash,
)
from cantata.server.routes.session_export import exported
from cantata.server.routes.session_shapes import message_list, message_tree, shown_session, whole_session
from cantata.server.runs.model import Message, Session
from cantata.server.runs.ports.sessions import SessionPlace
from cantata.server.runs.requests import RunRequest, invalid
from cantata.server.runs.sessions import Sessions, branch_to

router = APIRouter(prefix="/api/sessions", route_class=StrictJsonRoute, tags=["sessions"])
RunQuery = Annotated[NewRunQuery, Query()]

_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z)_([A-Za-z0-9._-]{1,128})")


async def _sessions_of(request: Request) -> Sessions:
    await answers_of(request)  # which refuses while nothing is open
    return _sessions(request)


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.resources.sessions
    return sessions


Conversations = Annotated[Sessions, Depends(_sessions_of)]


async def _message_named(session_id: str, message_id: str, sessions: Conversations, caller: Caller) -> Message:
    return await sessions.message(caller.id, session_id, message_id)


Said = Annotated[Message, Depends(_message_named)]


@router.get("", responses=SESSION_LIST)
@needs(READ)
async def list_sessions(
    query: Annotated[SessionsQuery, Query()], request: Request, sessions: Conversations, caller: Caller
) -> Response:
    """List sessions, the newest activity first; `q` looks into titles and messages."""
    owner = await look_as(caller, query.owner, "sessions", request)
    before = _place_in(query.cursor) if query.cursor else None
    found = await sessions.find(owner, query.q, before, query.limit + 1)
    shown = found[: query.limit]
    next_cursor = _cursor_of(shown[-1]) if len(found) > query.limit else None
    return _json({"sessions": [shown_session(session) for session in shown], "next_cursor": next_cursor})


@router.get("/{session_id}", responses=SESSION_ANSWERS)
@needs(READ, of="session")
async def show(
    session_id: str,
    query: Annotated[OwnerQuery, Query()],
    request: Request,
    sessions: Conversations,
    caller: Caller,
) -> Response:
    """Tell where a conversation stands, and which workflows it has."""
    owner = await look_as(caller, query.owner, session_id, request)
    session = await sessions.get(owner, session_id)
    return _json(whole_session(session, await sessions.runs(owner, session_id)))


@router.patch("/{session_id}", responses=SESSION_CHANGES)
@needs(WRITE, of="session")
async def change(
    session_id: str, body: SessionBody, query: NoQuery, sessions: Conversations, caller: Caller
) -> Response:
    """Set the title, or go back to another branch: the next message goes on from the workflow of `head`."""
    given = body.model_fields_set
    if "title" in given and body.title is not None and not body.title.strip():
        raise invalid("title", "A title says something; null gives the default back.")
    changed = await sessions.change(
        caller.id,
        session_id,
        title=body.title if "title" in given else UNSET,
        head=body.head if "head" in given else UNSET,
    )
    return _json(whole_session(changed, await sessions.runs(caller.id, session_id)))


@router.delete("/{session_id}", status_code=204, responses=SESSION_REMOVAL)
@needs(WRITE, of="session")
async def delete(session_id: str, query: NoQuery, sessions: Conversations, caller: Caller) -> Response:
    """Remove a conversation with its workflows, messages and checkpoints; statistics keep what they counted."""
    await sessions.delete(caller.id, session_id)
    return Response(status_code=204)


@router.get("/{session_id}/messages", responses=MESSAGE_LIST)
@needs(READ, of="session")
async def messages(
    session_id: str,
    query: Annotated[MessagesQuery, Query()],
    request: Request,
    sessions: Conversations,
    caller: Caller,
) -> Response:
    """List a conversation's messages; `branch` is a message, or `active`, to whose branch the list is limited."""
    owner = await look_as(caller, query.owner, session_id, request)
    session = await sessions.get(owner, session_id)
    end = session.head_message_id if query.branch == "active" else query.branch
    if end is not None:
        await sessions.message(owner, session_id, end)
    found = await sessions.messages(owner, session_id)

    def written() -> bytes:
        active = {message.message_id for message in branch_to(found, session.head_message_id)}
        wanted = found if query.branch is None else branch_to(found, end)
        write = message_tree if query.view == "tree" else message_list
        return b'{"messages":' + write(session_id, wanted, active) + b"}"

    return Response(await asyncio.to_thread(written), media_type="application/json")


@router.post("/{session_id}/messages/{message_id}/edit", responses=VARIANT_ANSWERS)
@needs(WRITE, of="session")
async def edit(
    message: Said,
    body: EditBody,
    query: RunQuery,
    request: Request,
    answers: Service,
    caller: Caller,
) -> Response:
    """Say something else in place of a user's message: a new branch, which begins before it; waits by default."""
    check_text("content", body.content, request.app.state.settings.max_message_chars)
    reply = reply_to(request, query, "wait")
    asked = await _asked("edit", body, query, reply.wanted, request)
    edited = await _sessions(request).edited(caller.id, message, body.content, asked)
    return await answers.start(caller, edited, reply, request)


@router.post("/{session_id}/messages/{message_id}/regenerate", responses=VARIANT_ANSWERS)
@needs(WRITE, of="session")
async def regenerate(
    message: Said,
    query: RunQuery,
    request: Request,
    answers: Service,
    caller: Caller,
    body: VariantBody | None = None,
) -> Response:
    """Ask for another answer in place of this one, or to this user's message; waits by default."""
    reply = reply_to(request, query, "wait")
    asked = await _asked("regenerate", body, query, reply.wanted, request)
    return await answers.start(caller, await _sessions(request).repeated(caller.id, message, asked), reply, request)


@router.get("/{session_id}/export", responses=EXPORT_ANSWERS)
@needs(READ, of="session")
async def export(
    session_id: str,
    query: Annotated[ExportQuery, Query()],
    request: Request,
    answers: Service,
    sessions: Conversations,
    caller: Caller,
) -> Response:
    """Give a whole conversation: its messages, and how each answer came about."""
    owner = await look_as(caller, query.owner, session_id, request)
    session = await sessions.get(owner, session_id)
    is_markdown = query.format == "markdown"
    name = f"{session_id}.{'md' if is_markdown else 'json'}"
    return StreamingResponse(
        exported(owner, session, sessions, answers.service, is_markdown=is_markdown),
        media_type="text/markdown; charset=utf-8" if is_markdown else "application/json",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _asked(
    action: str, body: VariantBody | None, query: NewRunQuery, wanted: Wanted, request: Request
) -> RunRequest:
    """Read what every request for a variant says; its graph and its input are another run's."""
    sent = body or VariantBody()
    place = "{session_id}/messages/{message_id}".format_map(request.path_params)
    return RunRequest(
        graph="",
        input=None,
        input_name="content",
        request_hash=request_hash(f"POST /api/sessions/{place}/{action}", await request.json() if body else {}),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        metadata=dict(sent.metadata),
        if_busy=sent.if_busy,
        on_disconnect=disconnect_of(sent, wanted),
        timeout_seconds=sent.timeout_seconds,
        may_trace=sent.trace,
    )


def _cursor_of(session: Session) -> str:
    return f"{session.updated_at}_{session.id}"


def _place_in(cursor: str) -> SessionPlace:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise BadCursor("A cursor of this list is a `next_cursor` of it.")
    return SessionPlace(match[1], match[2])


def _json(content: Any) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
