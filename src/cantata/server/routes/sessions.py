"""/api/sessions: conversations, their messages as trees, other branches of them."""

import asyncio
import re
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from msgspec import UNSET
from starlette.responses import StreamingResponse

from cantata.server.errors import BadCursor
from cantata.server.routes.answers import Service, answers_of
from cantata.server.routes.bodies import (
    EditBody,
    ExportQuery,
    MessagesQuery,
    NewRunQuery,
    NoQuery,
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
from cantata.server.routes.requests import (
    LOCAL_OWNER,
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
from cantata.server.runs.ports import SessionPlace
from cantata.server.runs.requests import RunRequest, invalid
from cantata.server.runs.sessions import Sessions, branch_to

router = APIRouter(prefix="/api/sessions", route_class=StrictJsonRoute, tags=["sessions"])
RunQuery = Annotated[NewRunQuery, Query()]

_CURSOR = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z)_([A-Za-z0-9._-]{1,128})")


async def _sessions_of(request: Request) -> Sessions:
    await answers_of(request)  # which refuses while nothing is open
    sessions: Sessions = request.app.state.resources.sessions
    return sessions


Conversations = Annotated[Sessions, Depends(_sessions_of)]


async def _message_named(session_id: str, message_id: str, sessions: Conversations) -> Message:
    return await sessions.message(LOCAL_OWNER, session_id, message_id)


Said = Annotated[Message, Depends(_message_named)]


@router.get("", responses=SESSION_LIST)
async def list_sessions(query: Annotated[SessionsQuery, Query()], sessions: Conversations) -> Response:
    """List sessions, the newest activity first; `q` looks into titles and messages."""
    before = _place_in(query.cursor) if query.cursor else None
    found = await sessions.find(LOCAL_OWNER, query.q, before, query.limit + 1)
    shown = found[: query.limit]
    next_cursor = _cursor_of(shown[-1]) if len(found) > query.limit else None
    return _json({"sessions": [shown_session(session) for session in shown], "next_cursor": next_cursor})


@router.get("/{session_id}", responses=SESSION_ANSWERS)
async def show(session_id: str, query: NoQuery, sessions: Conversations) -> Response:
    """Tell where a conversation stands, and which workflows it has."""
    session = await sessions.get(LOCAL_OWNER, session_id)
    return _json(whole_session(session, await sessions.runs(LOCAL_OWNER, session_id)))


@router.patch("/{session_id}", responses=SESSION_CHANGES)
async def change(session_id: str, body: SessionBody, query: NoQuery, sessions: Conversations) -> Response:
    """Set the title, or go back to another branch: the next message goes on from the workflow of `head`."""
    given = body.model_fields_set
    if "title" in given and body.title is not None and not body.title.strip():
        raise invalid("title", "A title says something; null gives the default back.")
    changed = await sessions.change(
        LOCAL_OWNER,
        session_id,
        title=body.title if "title" in given else UNSET,
        head=body.head if "head" in given else UNSET,
    )
    return _json(whole_session(changed, await sessions.runs(LOCAL_OWNER, session_id)))


@router.delete("/{session_id}", status_code=204, responses=SESSION_REMOVAL)
async def delete(session_id: str, query: NoQuery, sessions: Conversations) -> Response:
    """Remove a conversation with its workflows, messages and checkpoints; statistics keep what they counted."""
    await sessions.delete(LOCAL_OWNER, session_id)
    return Response(status_code=204)


@router.get("/{session_id}/messages", responses=MESSAGE_LIST)
async def messages(session_id: str, query: Annotated[MessagesQuery, Query()], sessions: Conversations) -> Response:
    """List a conversation's messages; `branch` is a message, or `active`, to whose branch the list is limited."""
    session = await sessions.get(LOCAL_OWNER, session_id)
    end = session.head_message_id if query.branch == "active" else query.branch
    if end is not None:
        await sessions.message(LOCAL_OWNER, session_id, end)
    found = await sessions.messages(LOCAL_OWNER, session_id)

    def written() -> bytes:
        active = {message.message_id for message in branch_to(found, session.head_message_id)}
        wanted = found if query.branch is None else branch_to(found, end)
        write = message_tree if query.view == "tree" else message_list
        return b'{"messages":' + write(session_id, wanted, active) + b"}"

    return Response(await asyncio.to_thread(written), media_type="application/json")


@router.post("/{session_id}/messages/{message_id}/edit", responses=VARIANT_ANSWERS)
async def edit(
    message: Said, body: EditBody, query: RunQuery, request: Request, answers: Service, sessions: Conversations
) -> Response:
    """Say something else in place of a user's message: a new branch, which begins before it; waits by default."""
    check_text("content", body.content, request.app.state.settings.max_message_chars)
    reply = reply_to(request, query, "wait")
    asked = await _asked("edit", body, query, reply.wanted, request)
    return await answers.start(await sessions.edited(LOCAL_OWNER, message, body.content, asked), reply, request)


@router.post("/{session_id}/messages/{message_id}/regenerate", responses=VARIANT_ANSWERS)
async def regenerate(
    message: Said,
    query: RunQuery,
    request: Request,
    answers: Service,
    sessions: Conversations,
    body: VariantBody | None = None,
) -> Response:
    """Ask for another answer in place of this one, or to this user's message; waits by default."""
    reply = reply_to(request, query, "wait")
    asked = await _asked("regenerate", body, query, reply.wanted, request)
    return await answers.start(await sessions.repeated(LOCAL_OWNER, message, asked), reply, request)


@router.get("/{session_id}/export", responses=EXPORT_ANSWERS)
async def export(
    session_id: str, query: Annotated[ExportQuery, Query()], answers: Service, sessions: Conversations
) -> Response:
    """Give a whole conversation: its messages, and how each answer came about."""
    session = await sessions.get(LOCAL_OWNER, session_id)
    is_markdown = query.format == "markdown"
    name = f"{session_id}.{'md' if is_markdown else 'json'}"
    return StreamingResponse(
        exported(LOCAL_OWNER, session, sessions, answers.service, is_markdown=is_markdown),
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
