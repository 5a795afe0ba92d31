"""One run, three answers: a stream, the finished workflow, or an address to look at later."""

from typing import Any

import orjson
from fastapi import Request, Response

from cantata.server.errors import BadCursor
from cantata.server.routes.requests import LOCAL_OWNER, Asked, Wanted, check_same_request
from cantata.server.runs.model import Run
from cantata.server.runs.service import RunService, check_cursor, links_of
from cantata.server.sse import StreamAnswer, Streams, address_of

POLL_SECONDS = 1  # what Retry-After recommends while a run is not final


class Answers:
    """Carries out requests for runs."""

    def __init__(self, service: RunService, streams: Streams, stream: StreamAnswer) -> None:
        self.service = service
        self._streams = streams
        self._stream = stream

    async def start(self, asked: Asked) -> Response:
        """Start a run, or attach to the one that the cursor or the idempotency key names, and answer."""
        if asked.cursor is None:
            started = await self.service.start(LOCAL_OWNER, asked.request)
            return await self.show(started.run, 0, asked.wanted)
        run = await self.service.get(LOCAL_OWNER, asked.cursor.run_id)
        if asked.request.session_id not in (None, run.session_id):
            raise BadCursor("The cursor is of another session.")
        check_same_request(run, asked.request.request_hash)
        return await self.show(run, asked.cursor.seq, asked.wanted)

    async def show(self, run: Run, after: int, wanted: Wanted) -> Response:
        """Answer with *run* in the wanted way."""
        if wanted == "background":
            progress = await self.service.progress(run)
            headers = {**address_of(run.id), "Preference-Applied": "respond-async", "Retry-After": str(POLL_SECONDS)}
            return json_response(small_status(run, progress), 202, headers)
        check_cursor(run, after)
        if wanted == "wait":
            workflow = await self.service.wait(run, 0 if run.is_final else after, self._streams.watch)
            return json_response(workflow, headers=address_of(run.id))
        if run.is_final and after == run.last_seq:
            return Response(status_code=204, headers=address_of(run.id))  # stops a browser's EventSource
        return self._stream.of(run, after)


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


def answers_of(request: Request) -> Answers:
    """Return the application's answers, for routes to depend on."""
    answers: Answers = request.app.state.answers
    return answers
