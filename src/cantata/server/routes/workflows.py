"""/api/workflows: run any graph, look at runs, steer them."""

import asyncio
from typing import Annotated

import msgspec
import orjson
from fastapi import APIRouter, Query, Request, Response

from cantata.callbacks.events import Timestamps
from cantata.graphs.registry import UnknownGraph
from cantata.graphs.source import BrokenGraph
from cantata.graphs.spec import BadSpec
from cantata.server.auth.credentials import Told
from cantata.server.auth.policies import needs
from cantata.server.auth.principal import CANCEL, EVENTS, READ, WRITE, Caller
from cantata.server.errors import GraphUnusable
from cantata.server.rate_limits.visits import visit_of
from cantata.server.routes.answers import POLL_SECONDS, Answers, Service, hold_stream, json_response, small_status
from cantata.server.routes.bodies import (
    CancelBody,
    EventsQuery,
    FeedbackBody,
    ForkBody,
    HistoryQuery,
    ListQuery,
    NewRunQuery,
    NoQuery,
    ResumeBody,
    ResumeQuery,
    WorkflowBody,
)
from cantata.server.routes.chat import check_text
from cantata.server.routes.documented import (
    ACTION_ANSWERS,
    EVENTS_ANSWERS,
    FEEDBACK_ANSWERS,
    HISTORY_ANSWERS,
    RUN_ANSWERS,
    RUN_DRAWING_ANSWERS,
    STATUS_ANSWERS,
    TICKET_ANSWERS,
    WORKFLOW_ANSWERS,
    WORKFLOW_LIST,
)
from cantata.server.routes.graphs import drawing_of
from cantata.server.routes.looks import look_as, look_at_run
from cantata.server.routes.requests import (
    StrictJsonRoute,
    WorkflowId,
    common_fields,
    disconnect_of,
    idempotency_key,
    position_in,
    read_run_id,
    reply_to,
    request_hash,
    told_cursor,
)
from cantata.server.runs.allowances import NOTHING_LIMITED
from cantata.server.runs.links import address_of
from cantata.server.runs.model import Feedback, Run
from cantata.server.runs.ports.runs import RunFilter
from cantata.server.runs.reader import PAGE_BYTES
from cantata.server.runs.requests import RunRequest
from cantata.server.runs.service import check_cursor

router = APIRouter(prefix="/api/workflows", route_class=StrictJsonRoute, tags=["workflows"])


@router.post("", responses=RUN_ANSWERS)
@needs(WRITE)
async def start(
    body: WorkflowBody, query: Annotated[NewRunQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """Run a graph of `langgraph.json`; waits by default."""
    if isinstance(body.input, str):
        check_text("input", body.input, request.app.state.settings.max_message_chars)
    reply = reply_to(request, query, "wait")
    asked = RunRequest(
        graph=body.graph,
        input=body.input,
        context=body.context,
        request_hash=request_hash("POST /api/workflows", await request.json()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        **common_fields(body, reply.wanted),
    )
    return await answers.start(caller, asked, reply, request)


@router.get("", responses=WORKFLOW_LIST)
@needs(READ)
async def list_workflows(
    query: Annotated[ListQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """List workflows, newest first."""
    owner = await look_as(caller, query.owner, "workflows", request)
    wanted = RunFilter(query.status, query.session_id, query.graph, query.trace_id)
    before = read_run_id(query.cursor) if query.cursor else None
    runs = await answers.service.find(owner, wanted, before, query.limit + 1)
    shown = runs[: query.limit]
    items = [await _listed(run, answers) for run in shown]
    return json_response({"workflows": items, "next_cursor": shown[-1].id if len(runs) > query.limit else None})


@router.get("/{workflow_id}", responses=WORKFLOW_ANSWERS)
@needs(READ, of="workflow")
async def show(run_id: WorkflowId, request: Request, answers: Service, query: NoQuery, caller: Caller) -> Response:
    """Tell the whole story of a workflow so far: what a stream's client would know."""
    service = answers.service
    return json_response(await look_at_run(caller, run_id, request, lambda owner: service.workflow(owner, run_id)))


@router.get("/{workflow_id}/status", responses=STATUS_ANSWERS)
@needs(READ, of="workflow")
async def status(run_id: WorkflowId, request: Request, answers: Service, query: NoQuery, caller: Caller) -> Response:
    """Tell how a workflow is doing, cheaply; honours `If-None-Match`."""
    run = await look_at_run(caller, run_id, request, lambda owner: answers.service.get(owner, run_id))
    tag = f'"{run.status}-{run.last_seq}-{run.attempt}"'
    headers = {"ETag": tag} | ({} if run.is_final else {"Retry-After": str(POLL_SECONDS)})
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return json_response(small_status(run, await answers.service.progress(run)), headers=headers)


@router.get("/{workflow_id}/events", responses=EVENTS_ANSWERS)
@needs(EVENTS, of="workflow", takes_ticket=True)
async def events(
    run_id: WorkflowId, query: Annotated[EventsQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """Stream a workflow's events from any cursor, or page through them as JSON."""
    run = await look_at_run(caller, run_id, request, lambda owner: answers.service.get(owner, run_id))
    after = position_in(run_id, told_cursor(request, query.after))
    if after is None and query.since_timestamp is not None:
        after = await answers.service.seq_at(run, Timestamps().at(query.since_timestamp))
    reply = reply_to(request, query, "stream")
    if reply.wanted == "stream":
        return await answers.show(run, after or 0, reply, request)
    return await _page(run, after or 0, query.limit, answers)


@router.post("/{workflow_id}/stream-ticket", status_code=201, responses=TICKET_ANSWERS)
@needs(EVENTS, of="workflow")
async def stream_ticket(
    run_id: WorkflowId, request: Request, answers: Service, query: NoQuery, caller: Caller
) -> Response:
    """Make a ticket for the events of a workflow, for a browser's EventSource, which can send no header."""
    run = await look_at_run(caller, run_id, request, lambda owner: answers.service.get(owner, run_id))
    told: Told = request.scope["state"].get("told") or Told(principal=caller)
    ticket, connect_by = await request.app.state.access.tickets.issue(told, run.owner, run.id)
    content = {"ticket": ticket, "expires_at": connect_by, "events": f"{address_of(run.id)}/events?ticket={ticket}"}
    return json_response(content, 201, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


@router.post("/{workflow_id}/cancel", responses=ACTION_ANSWERS)
@needs(CANCEL, of="workflow")
async def cancel(
    run_id: WorkflowId, answers: Service, query: NoQuery, caller: Caller, body: CancelBody | None = None
) -> Response:
    """Stop a workflow; answers once it has stopped."""
    reason = (body.reason if body else "") or "cancelled by request"
    return json_response(await answers.service.cancel(caller.id, run_id, caller.id, reason))


@router.post("/{workflow_id}/resume", responses=RUN_ANSWERS)
@needs(WRITE, of="workflow")
async def resume(
    run_id: WorkflowId,
    body: ResumeBody,
    query: Annotated[ResumeQuery, Query()],
    request: Request,
    answers: Service,
    caller: Caller,
) -> Response:
    """Answer a workflow that waits for a human; a stream begins with its `workflow_resumed`."""
    reply = reply_to(request, query, "wait")
    key = idempotency_key(request, query.idempotency_key)
    told = position_in(run_id, told_cursor(request, query.after))
    check_cursor(await answers.service.get(caller.id, run_id), told or 0)  # before the answer is taken
    if reply.wanted != "background":
        hold_stream(request)  # before the answer is taken, too
    visit = visit_of(request)
    allowance = NOTHING_LIMITED if visit is None else visit.allowance
    run, seq = await answers.service.resume(caller.id, run_id, body.responses, key, allowance)
    current = await answers.service.get(caller.id, run.id)
    return await answers.show(current, seq - 1 if told is None else told, reply, request)


@router.post("/{workflow_id}/fork", responses=RUN_ANSWERS)
@needs(WRITE, of="workflow")
async def fork(
    run_id: WorkflowId,
    body: ForkBody,
    query: Annotated[NewRunQuery, Query()],
    request: Request,
    answers: Service,
    caller: Caller,
) -> Response:
    """Start a workflow from any checkpoint of another one's history, on a session of its own; waits by default."""
    if isinstance(body.input, str):
        check_text("input", body.input, request.app.state.settings.max_message_chars)
    reply = reply_to(request, query, "wait")
    asked = RunRequest(
        graph="",
        input=body.input,
        request_hash=request_hash(f"POST /api/workflows/{run_id}/fork", await request.json()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        metadata=dict(body.metadata),
        on_disconnect=disconnect_of(body, reply.wanted),
        timeout_seconds=body.timeout_seconds,
        may_trace=body.trace,
    )
    completed = await answers.service.fork_request(caller.id, run_id, body.checkpoint_id, asked)
    return await answers.start(caller, completed, reply, request)


@router.get("/{workflow_id}/history", responses=HISTORY_ANSWERS)
@needs(READ, of="workflow")
async def history(
    run_id: WorkflowId, query: Annotated[HistoryQuery, Query()], request: Request, answers: Service, caller: Caller
) -> Response:
    """List the checkpoints that a workflow made, newest first."""
    run = await look_at_run(caller, run_id, request, lambda owner: answers.service.get(owner, run_id))
    return json_response({"checkpoints": await answers.service.history(run, query.limit)})


@router.get("/{workflow_id}/drawing", responses=RUN_DRAWING_ANSWERS)
@needs(READ, of="workflow")
async def drawing(run_id: WorkflowId, request: Request, answers: Service, query: NoQuery, caller: Caller) -> Response:
    """Draw what a workflow runs, in the version that it started with: nodes, edges, Mermaid."""
    run = await look_at_run(caller, run_id, request, lambda owner: answers.service.get(owner, run_id))
    graphs = request.app.state.resources.engine.graphs
    try:
        source = await asyncio.to_thread(graphs.find, run.spec.graph, run.spec.definition)
    except (UnknownGraph, BrokenGraph, BadSpec) as error:
        raise GraphUnusable(f"What this workflow ran cannot be drawn any more. {error}") from error
    return json_response(await drawing_of(source))


@router.put("/{workflow_id}/feedback", responses=FEEDBACK_ANSWERS)
@needs(WRITE, of="workflow")
async def give_feedback(
    run_id: WorkflowId, body: FeedbackBody, answers: Service, query: NoQuery, caller: Caller
) -> Response:
    """Say whether the answer of a finished workflow was good; a repeat takes the place of what was said before."""
    feedback = Feedback(body.score, body.comment or None)
    await answers.service.give_feedback(caller.id, run_id, feedback)
    return json_response(msgspec.to_builtins(feedback))


@router.delete("/{workflow_id}/feedback", status_code=204, responses=ACTION_ANSWERS)
@needs(WRITE, of="workflow")
async def take_feedback_back(run_id: WorkflowId, answers: Service, query: NoQuery, caller: Caller) -> Response:
    """Take back what was said of a workflow's answer."""
    await answers.service.give_feedback(caller.id, run_id, None)
    return Response(status_code=204)


@router.delete("/{workflow_id}", status_code=204, responses=ACTION_ANSWERS)
@needs(WRITE, of="workflow")
async def delete(run_id: WorkflowId, answers: Service, query: NoQuery, caller: Caller) -> Response:
    """Remove a finished workflow with its log."""
    await answers.service.delete(caller.id, run_id)
    return Response(status_code=204)


async def _listed(run: Run, answers: Answers) -> dict[str, object]:
    return small_status(run, await answers.service.progress(run)) | {
        "graph": run.spec.graph,
        "strategy": run.spec.strategy,
        "session_id": run.session_id,
        "created_at": run.created_at,
        "feedback": None if run.feedback is None else msgspec.to_builtins(run.feedback),
    }


async def _page(run: Run, after: int, limit: int, answers: Answers) -> Response:
    page = await answers.service.page(run, after, PAGE_BYTES)
    payloads = list(page.frames.payloads())[:limit] if page.frames else []
    last = page.frames.first_seq + len(payloads) - 1 if page.frames else after
    head = max(run.last_seq, last)
    members: dict[str, object] = {"last_seq": head, "has_more": last < head}
    if page.oldest_seq > after + 1:
        gap = await answers.service.gap(run.owner, run.id, after + 1, page.oldest_seq - 1)
        members["gap"] = {"from_seq": gap.from_seq, "to_seq": gap.to_seq, "snapshot": gap.snapshot}
    # The events' own bytes: a page is neither decoded nor encoded.
    content = b'{"events":[' + b",".join(payloads) + b"]," + orjson.dumps(members)[1:]
    return Response(content, media_type="application/json")
