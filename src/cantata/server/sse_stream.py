"""Streams for a program that answers HTTP itself: the bytes of one, and what is active."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, TypedDict

from pydantic import ValidationError
from sse_starlette import EventSourceResponse

from cantata.server.problems import refusal
from cantata.server.protocols.telling import Telling
from cantata.server.protocols.view import Format, View
from cantata.server.routes.bodies import StreamBody, StreamQuery
from cantata.server.routes.requests import request_hash, view_of
from cantata.server.routes.stream import check_prompt, stream_request
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import IfBusy, OnDisconnect, Run
from cantata.server.runs.requests import RunRequest
from cantata.server.runs.service import RunService, Workflow
from cantata.server.sse import stream_response


class SseOptions(TypedDict, total=False):
    """What a stream may be given beside its prompt: the fields of `POST /api/stream`, then those of its URL."""

    agent: str
    """`assistant` unless named."""
    model: str
    models: list[str]
    options: Mapping[str, float | int]
    session_id: str
    metadata: Mapping[str, str | int | float | bool]
    if_busy: IfBusy
    on_disconnect: OnDisconnect
    timeout_seconds: float
    trace: bool
    config: Mapping[str, Any]
    format: Format
    """`chunks` unless named."""
    tokens: bool
    include: list[str]
    exclude: list[str]
    coalesce_ms: int
    heartbeat_seconds: float
    owner: str
    """Whose run it is; `local` unless named."""


class SseStream:
    """One run's stream: read it once, as bytes, or hand out its response."""

    def __init__(self, service: RunService, telling: Telling, run: Run, view: View, *, drain_seconds: float) -> None:
        self.workflow_id: RunId = run.id
        self.session_id = run.session_id
        self._service = service
        self._owner = run.owner
        self._content = telling.run(run, 0, view)
        self._drain_seconds = drain_seconds

    def __aiter__(self) -> AsyncGenerator[bytes]:
        """Read on; ends with the run."""
        return self._content

    def response(self) -> EventSourceResponse:
        """Make the answer to a request, for FastAPI or Starlette, with every header that a stream needs."""
        return stream_response(self.workflow_id, self._content, drain_seconds=self._drain_seconds)

    async def cancel(self, reason: str = "cancelled by the program") -> Workflow:
        """Stop the run; return it once its graph has ended. Idempotent.

        Raises:
            WorkflowFinished: it had completed or failed before.
        """
        return await self._service.cancel(self._owner, self.workflow_id, self._owner, reason)

    async def aclose(self) -> None:
        """Leave: the run stops when nobody has read it for a while, unless it was told to `continue`."""
        await self._content.aclose()


def sse_request(prompt: str, options: SseOptions, *, max_chars: int) -> tuple[RunRequest, View]:
    """Check what a program asks for as a request would be.

    Raises:
        MissingPrompt: there is no prompt.
        Invalid: a field cannot be honoured.
    """
    told = {name: options[name] for name in StreamQuery.model_fields if name in options}  # type: ignore[literal-required]
    sent = {"prompt": prompt, **{name: value for name, value in options.items() if name not in {*told, "owner"}}}
    try:
        body = StreamBody.model_validate(sent)
        view = view_of(StreamQuery.model_validate(told), "chunks")
    except ValidationError as error:
        raise refusal(error.errors()) from error
    check_prompt(body, max_chars)
    return stream_request(body, "stream", request_hash=request_hash("POST /api/stream", sent)), view
