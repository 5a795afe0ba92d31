"""/api/apps: a session's agent, and one stream that covers the whole session."""

from functools import partial
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request, Response

from cantata.callbacks.events import Timestamps
from cantata.server.auth.policies import needs
from cantata.server.auth.principal import EVENTS, WRITE, Caller
from cantata.server.errors import BadCursor
from cantata.server.routes.answers import Answers, Service
from cantata.server.routes.bodies import NewRunQuery, PromptBody, SessionStreamQuery
from cantata.server.routes.documented import RUN_ANSWERS, SESSION_STREAM_ANSWERS
from cantata.server.routes.looks import look_as
from cantata.server.routes.requests import (
    StrictJsonRoute,
    attaching_cursor,
    common_fields,
    idempotency_key,
    reply_to,
    request_hash,
    told_cursor,
    view_of,
)
from cantata.server.routes.sessions import Conversations
from cantata.server.routes.stream import check_prompt
from cantata.server.runs.model import Run
from cantata.server.runs.requests import RunRequest, invalid
from cantata.server.runs.service import check_cursor
from cantata.server.runs.sessions import Sessions

router = APIRouter(prefix="/api/apps/{session_id}/agent", route_class=StrictJsonRoute, tags=["sessions"])


class OwnedSession(NamedTuple):
    """A session's name, which says nothing without its owner's."""

    owner: str
    id: str


@router.post("/generate", responses=RUN_ANSWERS)
@needs(WRITE)
async def generate(
    session_id: str,
    body: PromptBody,
    query: Annotated[NewRunQuery, Query()],
    request: Request,
    answers: Service,
    caller: Caller,
) -> Response:
    """Send a prompt to an agent within a session, and stream what happens as `session` frames."""
    if body.session_id not in (None, session_id):
        raise invalid("session_id", "The address names another session.")
    reply = reply_to(request, query, "stream", "session")
    asked = RunRequest(
        graph=body.agent,
        input=body.prompt,
        input_name="prompt",
        request_hash=request_hash(f"POST /api/apps/{session_id}/agent/generate", await request.json()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        **{**common_fields(body, reply.wanted), "session_id": session_id},
    )
    check_prompt(body, request.app.state.settings.max_message_chars)
    return await answers.start(caller, asked, reply, request)


@router.get("/stream-continue", responses=SESSION_STREAM_ANSWERS)
@needs(EVENTS, of="session")
async def stream_continue(
    session_id: str,
    query: Annotated[SessionStreamQuery, Query()],
    request: Request,
    answers: Service,
    sessions: Conversations,
    caller: Caller,
) -> Response:
    """Stream a session from anywhere as `session` frames, run after run, for as long as one of them is active."""
    view = view_of(query, "session")
    session = OwnedSession(await look_as(caller, query.owner, session_id, request), session_id)
    await sessions.get(*session)
    run, after = await _place(session, query, request, answers, sessions)
    if run is not None and run.is_final and after == run.last_seq:
        run, after = await sessions.next_run(*session, run.id), 0
    if run is None:
        return Response(status_code=204)  # stops a browser's EventSource
    return answers.show_session(run, after, view, partial(sessions.next_run, *session), request)


async def _place(
    session: OwnedSession, query: SessionStreamQuery, request: Request, answers: Answers, sessions: Sessions
) -> tuple[Run | None, int]:
    """Return the run to begin with and the event after which; no run when the session has none, any more."""
    cursor = attaching_cursor(told_cursor(request, query.after))
    if cursor is None:
        since = None if query.since_timestamp is None else Timestamps().at(query.since_timestamp)
        return await _first_since(since, session, answers, sessions)
    run = await answers.service.get(session.owner, cursor.run_id)
    if run.session_id != session.id:
        raise BadCursor("The cursor is of another session: leave it out to begin with the session.")
    check_cursor(run, cursor.seq)
    return run, cursor.seq


async def _first_since(
    since: str | None, session: OwnedSession, answers: Answers, sessions: Sessions
) -> tuple[Run | None, int]:
    """Find the first event at or after that time; None is the beginning."""
    places = await sessions.runs(*session)
    late = [place for place in places if since is None or place.updated_at >= since] or places[-1:]
    if not late:
        return None, 0
    run = await answers.service.get(session.owner, late[0].id)
    return run, 0 if since is None else await answers.service.seq_at(run, since)
