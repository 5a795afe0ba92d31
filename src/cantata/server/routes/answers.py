"""One run, three answers: a stream, the finished workflow, or an address to look at later."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Annotated, Any

import anyio
import orjson
from fastapi import Depends, Request, Response

from cantata.server.auth.chain import Grant
from cantata.server.auth.principal import Principal
from cantata.server.errors import BadCursor, CantataError, NotOpened, ShuttingDown, Unauthenticated
from cantata.server.protocols.telling import Following, Telling
from cantata.server.protocols.view import View
from cantata.server.rate_limits.visits import Visit, visit_of
from cantata.server.routes.requests import Reply, check_same_request
from cantata.server.runs.links import links_of
from cantata.server.runs.model import Run
from cantata.server.runs.requests import RunRequest
from cantata.server.runs.service import RunService, check_cursor
from cantata.server.sse import Streams, address_headers, stream_response

POLL_SECONDS = 1  # what Retry-After recommends while a run is not final


class Answers:
    """Carries out requests for runs."""

    def __init__(self, service: RunService, streams: Streams, telling: Telling, *, drain_seconds: float) -> None:
        self.service = service
        self._streams = streams
        self._telling = telling
        self._drain_seconds = drain_seconds

    async def start(self, caller: Principal, asked: RunRequest, reply: Reply, request: Request) -> Response:
        """Start a run, or attach to the one that the cursor or the idempotency key names, and answer."""
        if reply.cursor is None:
            asked = asked_by(caller, asked)
            if visit := visit_of(request):
                asked = await self._admitted(caller, asked, reply, visit)
            started = await self.service.start(caller.id, asked)
            return await self.show(started.run, 0, reply, request)
        run = await self.service.get(caller.id, reply.cursor.run_id)
        if asked.session_id not in (None, run.session_id):
            raise BadCursor("The cursor is of another session: leave it out to start a new workflow.")
        check_same_request(run, asked.request_hash)
        return await self.show(run, reply.cursor.seq, reply, request)

    async def show(self, run: Run, after: int, reply: Reply, request: Request) -> Response:
        """Answer with *run* in the wanted way."""
        if reply.wanted == "background":
            headers = {
                **address_headers(run.id),
                "Preference-Applied": "respond-async",
                "Retry-After": str(POLL_SECONDS),
            }
            return json_response(small_status(run, await self.service.progress(run)), 202, headers)
        check_cursor(run, after)
        if reply.wanted == "wait":
            hold_stream(request)  # it is a connection that stays open, as a stream is
            return await _unless_gone(request, self._wait(run, after, grant_of(request)))
        if run.is_final and after == run.last_seq:
            return Response(status_code=204, headers=address_headers(run.id))  # stops a browser's EventSource
        hold_stream(request)
        content = self._telling.run(run, after, reply.view, grant=grant_of(request))
        return stream_response(run.id, content, drain_seconds=self._drain_seconds)

    def show_session(self, run: Run, after: int, view: View, following: Following, request: Request) -> Response:
        """Stream *run*, then the runs that *following* names."""
        hold_stream(request)
        content = self._telling.run(run, after, view, following, grant=grant_of(request))
        return stream_response(run.id, content, drain_seconds=self._drain_seconds)

    async def _admitted(self, caller: Principal, asked: RunRequest, reply: Reply, visit: Visit) -> RunRequest:
        """Count a run that is to be started, and say what its owner may have; before anything is made.

        Raises:
            RateLimited, TooManyStreams: it is one too many.
        """
        if reply.wanted != "background":
            visit.hold_stream()
        await visit.count_start(await self.service.agents_of(caller.id, asked) if visit.counts_agents else ())
        return replace(asked, allowance=visit.allowance, role=visit.role)

    async def _wait(self, run: Run, after: int, grant: Grant | None) -> Response:
        pulse = self._streams.pulse(grant=grant)
        try:
            workflow = await self.service.wait(run, after, pulse.watch)
        except ShuttingDown as error:
            if pulse.ended_because is None:
                raise
            words = f"While this waited, {pulse.ended_because}; {run.id} goes on."
            raise Unauthenticated(words, workflow_id=run.id) from error
        return json_response(workflow, headers=address_headers(run.id))


def hold_stream(request: Request) -> None:
    """Take one of the streams that may be open.

    Raises:
        TooManyStreams: as many are open as may be.
    """
    if visit := visit_of(request):
        visit.hold_stream()


async def _unless_gone(request: Request, answer: Awaitable[Response]) -> Response:
    """Give up waiting when the client does; it counts as a reader only while it is there."""
    given: Response | None = None
    refusal: CantataError | None = None
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            given = await answer
        except CantataError as error:  # outside, so that the group does not wrap it
            refusal = error
        group.cancel_scope.cancel()
    if refusal is not None:
        raise refusal
    return given or Response(status_code=499)  # nobody reads it


def asked_by(caller: Principal, asked: RunRequest) -> RunRequest:
    """Add to a request for a run what follows from who asks."""
    if caller.method == "local":
        return asked
    return replace(asked, workspace=caller.workspace, may_use_premium=caller.role != "user")


def grant_of(request: Request) -> Grant | None:
    """Return by which right a stream is read; None where nobody is asked."""
    told = request.scope["state"].get("told")
    return None if told is None else Grant(told, request.app.state.access.keys)


def small_status(run: Run, progress: float | None) -> dict[str, Any]:
    """Return what somebody needs who polls often."""
    return {
        "workflow_id": run.id,
        "status": run.status,
        "progress": progress,
        "last_seq": run.last_seq,
        "attempt": run.attempt,
        "updated_at": run.updated_at,
        "links": links_of(run.id),
    }


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Answer with JSON."""
    return Response(orjson.dumps(content), status, headers, "application/json")


async def answers_of(request: Request) -> Answers:
    """Return the application's answers, for routes to depend on; not a plain function, which would cost a thread.

    Raises:
        NotOpened: nobody runs the application's lifespan.
    """
    answers: Answers | None = getattr(request.app.state, "answers", None)
    if answers is None:
        raise NotOpened
    return answers


Service = Annotated[Answers, Depends(answers_of)]
"""What a route that looks at runs, or starts them, is given."""
