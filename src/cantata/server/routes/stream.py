"""/api/stream: a prompt in, an agent's answer out as it comes; and the streams that are active."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from cantata.server.errors import MissingPrompt, UnknownGraph
from cantata.server.routes.answers import Service, json_response
from cantata.server.routes.bodies import CancelBody, NewRunQuery, NoQuery, PromptBody, PromptQuery, StreamBody
from cantata.server.routes.chat import check_text
from cantata.server.routes.documented import ACTION_ANSWERS, RUN_ANSWERS, STATS_ANSWERS
from cantata.server.routes.requests import (
    LOCAL_OWNER,
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
async def stream(
    body: StreamBody, query: Annotated[NewRunQuery, Query()], request: Request, answers: Service
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
    return await answers.start(asked, reply, request)


@router.get("/api/stream/stats")
async def stats(query: NoQuery, request: Request, answers: Service) -> Response:
    """Tell how the runs of `/api/stream` went, in all and by agent."""
    return json_response(await told_streams(request.app.state.resources.statistics))


@router.get("/api/stream/stats/{agent}", responses=STATS_ANSWERS)
async def agent_stats(agent: str, query: NoQuery, request: Request, answers: Service) -> Response:
    """Tell how an agent's runs of `/api/stream` went."""
    resources = request.app.state.resources
    told = await resources.statistics.streams(LOCAL_OWNER)
    if agent not in told and agent not in resources.engine.graphs:
        raise UnknownGraph(f"No agent is named {agent!r}, and none of that name has been streamed.")
    return json_response(told.get(agent) or no_streams(agent))


@router.get("/api/stream/{agent}", responses=RUN_ANSWERS)
async def stream_agent(
    agent: str, query: Annotated[PromptQuery, Query()], request: Request, answers: Service
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
    return await answers.start(asked, reply, request)


@router.get("/api/streams/active")
async def active(query: NoQuery, answers: Service) -> Response:
    """List the runs of `/api/stream` that have not ended, newest first."""
    found = await listed_streams(answers.service)
    return json_response({"count": len(found), "streams": found})


@router.post("/api/streams/cancel-all", responses=ACTION_ANSWERS)
async def cancel_all(query: NoQuery, answers: Service, body: CancelBody | None = None) -> Response:
    """Stop every run of `/api/stream` that has not ended; answers once they have stopped."""
    reason = (body.reason if body else "") or "all streams were cancelled"
    cancelled = await cancel_streams(answers.service, LOCAL_OWNER, LOCAL_OWNER, reason)
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


async def told_streams(statistics: Statistics) -> dict[str, Any]:
    """Tell how streams went, in all and by agent."""
    told = await statistics.streams(LOCAL_OWNER)
    return {**told[None], "agents": {name: told[name] for name in sorted(filter(None, told))}}


async def listed_streams(service: RunService) -> list[dict[str, Any]]:
    """Tell of each active stream who answers, for how many readers, and where to stop it."""
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
        for run in await active_streams(service, LOCAL_OWNER)
    ]
