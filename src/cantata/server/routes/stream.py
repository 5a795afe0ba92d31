"""/api/stream: a prompt in, an agent's answer out as it comes; and the streams that are active."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from cantata.server.auth.policies import needs
from cantata.server.auth.principal import CANCEL, EVERYBODY, READ, WRITE, Caller, Principal
from cantata.server.errors import MissingPrompt, UnknownGraph
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import (
    CancelBody,
    NewRunQuery,
    NoQuery,
    PromptBody,
    PromptQuery,
    StreamBody,
    StreamsQuery,
)
from cantata.server.routes.chat import check_text
from cantata.server.routes.documented import ACTION_ANSWERS, RUN_ANSWERS, STATS_ANSWERS
from cantata.server.routes.looks import look_as
from cantata.server.routes.requests import (
    StrictJsonRoute,
    Wanted,
    common_fields,
    idempotency_key,
    reply_to,
    request_hash,
)
from cantata.server.runs.links import links_of
from cantata.server.runs.requests import RunRequest, invalid
from cantata.server.runs.service import RunService
from cantata.server.runs.statistics import Statistics, no_streams
from cantata.server.runs.streams import active_streams, cancel_streams

router = APIRouter(route_class=StrictJsonRoute, tags=["stream"])


@router.post("/api/stream", responses=RUN_ANSWERS)
@needs(WRITE)
async def stream(
    body: StreamBody, query: Annotated[NewRunQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """Stream an agent's answer to a prompt, as `chunks` by default; the run stops when nobody reads it any more."""
    reply = reply_to(request, query, "stream", "chunks")
    asked = stream_request(
        body,
        reply.wanted,
        request_hash=request_hash("POST /api/stream", await request.json()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
    )
    check_prompt(body, request.app.state.settings.max_message_chars)
    return await answers.start(caller, asked, reply, request)


@router.get("/api/stream/stats")
@needs(READ)
async def stats(query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Tell how the runs of `/api/stream` went, in all and by agent."""
    return json_response(await told_streams(request.app.state.resources.statistics, caller.id))


@router.get("/api/stream/stats/{agent}", responses=STATS_ANSWERS)
@needs(READ)
async def agent_stats(agent: str, query: NoQuery, request: Request, answers: Service, caller: Caller) -> Response:
    """Tell how an agent's runs of `/api/stream` went."""
    resources = request.app.state.resources
    told = await resources.statistics.streams(caller.id)
    if agent not in told and agent not in resources.engine.graphs:
        raise UnknownGraph(f"No agent is named {agent!r}, and none of that name has been streamed.")
    return json_response(told.get(agent) or no_streams(agent))


@router.get("/api/stream/{agent}", responses=RUN_ANSWERS)
@needs(WRITE)
async def stream_agent(
    agent: str, query: Annotated[PromptQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """Stream an agent's answer as `compat` frames: for a browser's EventSource, which can do nothing but GET."""
    reply = reply_to(request, query, "stream", "compat")
    body = StreamBody(agent=agent, **query.body_members())
    asked = stream_request(
        body,
        reply.wanted,
        request_hash=request_hash(f"GET /api/stream/{agent}", query.body_members()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
    )
    check_prompt(body, request.app.state.settings.max_message_chars)
    return await answers.start(caller, asked, reply, request)


@router.get("/api/streams/active")
@needs(READ)
async def active(
    query: Annotated[StreamsQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """List the runs of `/api/stream` that have not ended, newest first: your own, or for an admin everybody's."""
    owner = await _whose(query, caller, request)
    found = await listed_streams(answers.service, owner)
    return json_response({"count": len(found), "streams": found})


@router.post("/api/streams/cancel-all", responses=ACTION_ANSWERS)
@needs(CANCEL)
async def cancel_all(
    query: Annotated[StreamsQuery, Query()],
    request: Request,
    answers: Service,
    caller: Caller,
    body: CancelBody | None = None,
) -> Response:
    """Stop the runs of `/api/stream` that have not ended: your own, or for an admin all; answers then."""
    owner = await _whose(query, caller, request)
    reason = (body.reason if body else "") or "all streams were cancelled"
    cancelled = await cancel_streams(answers.service, owner, caller.id, reason)
    return json_response({"cancelled": len(cancelled), "workflow_ids": cancelled})


def stream_request(body: StreamBody, wanted: Wanted, **repeats: Any) -> RunRequest:
    """Ask for a stream; *repeats* tell the request from others.

    Raises:
        Invalid: it names both one model and several.
    """
    if body.models and body.model:
        raise invalid("models", "Send `model` or `models`.")
    return RunRequest(
        graph=body.agent,
        input=body.prompt,
        input_name="prompt",
        is_stream=True,
        models=tuple(body.models or ()),
        **repeats,
        **common_fields(body, wanted, "cancel"),
    )


def check_prompt(body: PromptBody, max_chars: int) -> None:
    """Refuse a prompt that is missing, or too long.

    Raises:
        MissingPrompt: there is none, or it says nothing.
        MessageTooLong: it is longer than *max_chars*.
    """
    if body.prompt is None or not body.prompt.strip():
        raise MissingPrompt
    check_text("prompt", body.prompt, max_chars)


async def told_streams(statistics: Statistics, owner: str) -> dict[str, Any]:
    """Tell how the owner's streams went, in all and by agent."""
    told = await statistics.streams(owner)
    return {**told[None], "agents": {name: told[name] for name in sorted(filter(None, told))}}


async def listed_streams(service: RunService, owner: str | None) -> list[dict[str, Any]]:
    """Tell of each active stream who answers, for how many readers, and where to stop it; of None everybody's."""
    return [
        {
            "workflow_id": run.id,
            "agent": run.spec.graph,
            "status": run.status,
            "session_id": run.session_id,
            "created_at": run.created_at,
            "readers": service.readers(run.id),
            "links": links_of(run.id),
        }
        | ({"owner": run.owner} if owner is None else {})
        for run in await active_streams(service, owner)
    ]


async def _whose(query: StreamsQuery, caller: Principal, request: Request) -> str | None:
    """Return whose streams are meant; None for everybody's.

    Raises:
        AdminOnly: everybody's, and the caller is no admin.
    """
    if not query.all:
        return caller.id
    await look_as(caller, EVERYBODY, "streams", request)
    return None
