"""Cantata inside a Python program: the server's own runs, logs and workers, without HTTP.

    async with Cantata() as cantata:                            # opens the database, once
        async with cantata.stream("What is 17*23?") as events:  # starts a run and reads its log
            async for event in events: ...
        workflow = await cantata.run("And in words?", session_id=events.session_id)

The application that serves HTTP holds one of these, too.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from pydantic import ValidationError

from cantata.callbacks.events import StoredEvent, StreamGap, WorkflowInterrupted
from cantata.graphs.agent import Agent
from cantata.graphs.opening import AnyGraph
from cantata.graphs.registry import RESERVED_NAMES, GraphRegistry
from cantata.graphs.spec import BadSpec
from cantata.server.auth.principal import LOCAL_OWNER
from cantata.server.bootstrap import Resources, open_resources
from cantata.server.errors import ShuttingDown, StorageUnavailable
from cantata.server.metrics import Metrics, measured_collections
from cantata.server.problems import refusal
from cantata.server.protocols.telling import Telling
from cantata.server.routes.bodies import WorkflowBody
from cantata.server.routes.chat import check_text
from cantata.server.routes.requests import common_fields, request_hash
from cantata.server.routes.stream import listed_streams, told_streams
from cantata.server.runs.frames import Frames
from cantata.server.runs.ids import RunId, is_definition_name, run_id_of
from cantata.server.runs.model import IfBusy, OnDisconnect, Run
from cantata.server.runs.reader import Gap
from cantata.server.runs.requests import RunRequest, bad_spec, invalid
from cantata.server.runs.service import Workflow, check_cursor
from cantata.server.runs.streams import cancel_streams
from cantata.server.settings import Settings
from cantata.server.sse import Streams
from cantata.server.sse_stream import SseOptions, SseStream, sse_request

RunEvent = StoredEvent | StreamGap
OnEvent = Callable[[RunEvent], Awaitable[None] | None]

MEASURE_SECONDS = 5.0

open_ones: dict["Cantata", None] = {}
"""What is open in this process, for functions that name none; the newest last."""


class RunOptions(TypedDict, total=False):
    """What a run may be given beside its prompt: the fields of `POST /api/workflows`."""

    graph: str
    """`assistant` unless named."""
    context: Mapping[str, Any]
    session_id: str
    metadata: Mapping[str, str | int | float | bool]
    if_busy: IfBusy
    on_disconnect: OnDisconnect
    timeout_seconds: float
    trace: bool
    model: str
    options: Mapping[str, float | int]
    config: Mapping[str, Any]
    owner: str
    """Whose run it is; `local`, as over HTTP without authentication, unless named."""


class Cantata:
    """Everything that runs need, open as long as the context is; one per database."""

    resources: Resources
    streams: Streams
    telling: Telling

    def __init__(self, settings: Settings | None = None, config_path: Path | None = None) -> None:
        """Take the settings, the environment's by default, and a `langgraph.json`, or the built-in graphs."""
        self._settings = settings or Settings()
        self._config_path = config_path
        self._stack = AsyncExitStack()
        self._registered: list[Callable[[GraphRegistry], None]] = []

    def register_agent(self, name: str, agent: Agent | AnyGraph) -> None:
        """Let runs and steps of workflows name *agent*, a graph whose state has `messages` or an `Agent`.

        Register before opening what runs of an earlier process may need: they are taken up at once.

        Raises:
            Invalid: the name cannot be one, or the graph holds no conversation.
        """
        _check_name(name)
        if not isinstance(agent, Agent) and "messages" not in agent.channels:
            raise invalid("agent", f"The graph {name!r} has no `messages`: a step could not talk to it.")
        self._register(lambda graphs: graphs.register_agent(name, agent))

    def register_workflow(self, name: str, spec: Mapping[str, Any], description: str = "") -> None:
        """Let runs name the workflow that *spec* tells; see `register_agent`. One that cannot be run stops the opening.

        Raises:
            Invalid: the name or, when this is open, the spec cannot be used.
        """
        _check_name(name)
        self._register(lambda graphs: _add_workflow(graphs, name, spec, description))

    def _register(self, add: Callable[[GraphRegistry], None]) -> None:
        if hasattr(self, "resources"):
            add(self.resources.engine.graphs)
        self._registered.append(add)

    def _prepare(self, graphs: GraphRegistry) -> None:
        for add in self._registered:
            add(graphs)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.resources = await stack.enter_async_context(
                open_resources(self._settings, self._config_path, self._prepare)
            )
            self.streams = Streams(
                self._settings.heartbeat_seconds, self._settings.auth_check_seconds, self.resources.engine.metrics
            )
            self.telling = Telling(self.resources.service, self.streams)
            self._loop = asyncio.get_running_loop()
            self._is_leaving, self._has_drained = asyncio.Event(), asyncio.Event()
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.enter_context(measured_collections(self.resources.engine.metrics))
            for upkeep in (self.streams.beat(), self._measure_regularly()):
                stack.callback(tasks.create_task(upkeep).cancel)
            tasks.create_task(self._drain_when_told())
            stack.callback(self.begin_drain)
            open_ones[self] = None
            stack.callback(open_ones.pop, self, None)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, raised: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()  # without what was raised, which the task groups would wrap

    @asynccontextmanager
    async def stream(
        self, prompt: Any, *, workflow_id: str | None = None, after: int = 0, **options: Unpack[RunOptions]
    ) -> AsyncIterator["RunEvents"]:
        """Start a run, and give its events as they are stored. Leaving is a disconnect, not a cancel.

        With a *workflow_id* of the caller's own the same call may be repeated: it attaches to the run that it made.
        *after* is the `seq` of the last event that the caller has.

        Raises:
            Invalid: a field cannot be honoured; `errors` in its members names it.
            IdempotencyMismatch: another call used this *workflow_id*.
            SessionBusy: the session has an active run, and `if_busy` is not `enqueue`.
            ShuttingDown: also while reading, when this closes before the run ends; it goes on when this is open again.
            WorkflowNotFound: only while reading, when the run is deleted meanwhile.
        """
        if after and workflow_id is None:
            raise invalid("after", "There is nothing to go on from without the id of a run.")
        request = self._request(prompt, workflow_id, options)
        run = (await self.resources.service.start(options.get("owner", LOCAL_OWNER), request)).run
        check_cursor(run, after)
        async with aclosing(self._read(run, after)) as events:
            yield RunEvents(self, run, events)

    async def run(
        self,
        prompt: Any,
        *,
        workflow_id: str | None = None,
        on_event: OnEvent | None = None,
        **options: Unpack[RunOptions],
    ) -> Workflow:
        """Run to the end, or until a human is asked; return what `GET /api/workflows/{id}` tells.

        A failed run is a workflow with `status: failed`, not an exception. Raises what `stream` raises.
        """
        async with self.stream(prompt, workflow_id=workflow_id, **options) as events:
            async for event in events:
                told = on_event(event) if on_event else None
                if inspect.isawaitable(told):
                    await told
                if isinstance(event, WorkflowInterrupted):
                    workflow = await events.workflow()
                    if workflow["status"] == "interrupted":  # and not answered since
                        return workflow
            return await events.workflow()

    async def stream_with_sse(self, prompt: str, **options: Unpack[SseOptions]) -> SseStream:
        """Start a run and give its stream as the bytes of server-sent events, as `POST /api/stream` does.

        Raises:
            MissingPrompt, Invalid: the request cannot be honoured.
            SessionBusy: the session has an active run, and `if_busy` is not `enqueue`.
            ShuttingDown: no more runs are taken.
        """
        request, view = sse_request(prompt, options, max_chars=self._settings.max_message_chars)
        service = self.resources.service
        run = (await service.start(options.get("owner", LOCAL_OWNER), request)).run
        return SseStream(service, self.telling, run, view, drain_seconds=self._settings.drain_seconds)

    async def get_active_streams(self, *, owner: str = LOCAL_OWNER) -> list[dict[str, Any]]:
        """Return what `GET /api/streams/active` lists for *owner*, newest first."""
        return await listed_streams(self.resources.service, owner)

    async def get_active_stream_count(self, *, owner: str = LOCAL_OWNER) -> int:
        """Count the owner's streams that have not ended."""
        return len(await self.get_active_streams(owner=owner))

    async def cancel_all_streams(
        self, reason: str = "all streams were cancelled", *, owner: str = LOCAL_OWNER
    ) -> list[RunId]:
        """Stop the owner's streams that have not ended; return their runs once those have stopped."""
        return await cancel_streams(self.resources.service, owner, owner, reason)

    async def get_stats(self, *, owner: str = LOCAL_OWNER) -> dict[str, Any]:
        """Return what `GET /api/coordinator/stats` tells, and under `streams` what `GET /api/stream/stats` does."""
        statistics = self.resources.statistics
        return {**await statistics.told(owner), "streams": await told_streams(statistics, owner)}

    def begin_drain(self) -> None:
        """Begin to let runs come to rest; on the loop's own thread."""
        self._is_leaving.set()

    async def drain(self) -> None:
        """Let runs come to rest, then end the streams. Idempotent."""
        self.begin_drain()
        await self._has_drained.wait()

    def is_of(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Tell whether *loop* may use this."""
        return self._loop is loop and not self._is_leaving.is_set()

    async def measured(self) -> Metrics:
        """Return the metrics, with what only a look can tell."""
        await self.resources.measure()
        metrics = self.resources.engine.metrics
        metrics.readers.set(len(self.streams))
        return metrics

    async def _measure_regularly(self) -> None:
        """Look for whoever reads the metrics of several processes from one of them."""
        while True:
            with suppress(StorageUnavailable):
                await self.measured()
            await asyncio.sleep(MEASURE_SECONDS)

    async def _drain_when_told(self) -> None:
        await self._is_leaving.wait()
        try:
            await self.resources.drain()
        finally:
            self.streams.close()
            self._has_drained.set()

    def _request(self, prompt: Any, workflow_id: str | None, options: RunOptions) -> RunRequest:
        if isinstance(prompt, str):
            check_text("input", prompt, self._settings.max_message_chars)
        sent = {"graph": "assistant", **options, "input": prompt}
        sent.pop("owner", None)  # it asks, and is no part of what is asked
        try:
            body = WorkflowBody.model_validate(sent)
            this_hash = request_hash("POST /api/workflows", sent)
        except ValidationError as error:
            raise refusal(error.errors()) from error
        except TypeError as error:  # of orjson
            raise invalid("input", "What a run is given must be plain JSON, for it is stored.") from error
        run_id = None if workflow_id is None else run_id_of(workflow_id)
        if workflow_id is not None and run_id is None:
            raise invalid("workflow_id", "An id is what `new_run_id()` makes, or a UUID.")
        return RunRequest(
            graph=body.graph,
            input=body.input,
            context=body.context,
            run_id=run_id,
            request_hash=this_hash,
            idempotency_key=run_id,
            **common_fields(body, "stream"),
        )

    async def _read(self, run: Run, after: int) -> AsyncGenerator[RunEvent]:
        if run.is_final and after == run.last_seq:
            return
        service = self.resources.service
        async with aclosing(service.stream(run.id, after, self.streams.pulse().watch)) as found:
            async for item in found:
                if isinstance(item, Gap):
                    yield await service.gap(run.owner, run.id, item.from_seq, item.to_seq)
                elif isinstance(item, Frames):
                    for event in item.events():
                        yield event
                    if item.is_end:
                        return
        await service.get(run.owner, run.id)
        raise ShuttingDown(f"{run.id} has not ended; it goes on when Cantata is open again.", workflow_id=run.id)


class RunEvents:
    """The events of one run as an iterator, and what can be done with the run."""

    def __init__(self, cantata: Cantata, run: Run, events: AsyncGenerator[RunEvent]) -> None:
        self.workflow_id: RunId = run.id
        self.session_id = run.session_id
        self._service = cantata.resources.service
        self._owner = run.owner
        self._events = events

    def __aiter__(self) -> AsyncIterator[RunEvent]:
        """Read on; ends after the run's terminal event, and stays open while a human is asked."""
        return self._events

    async def workflow(self) -> Workflow:
        """Return what `GET /api/workflows/{id}` tells now."""
        return await self._service.workflow(self._owner, self.workflow_id)

    async def resume(self, responses: Mapping[str, Any]) -> None:
        """Answer what the run asks, by interrupt ids; the events go on with `workflow_resumed`.

        Raises:
            NotInterrupted, InterruptMismatch: nobody asks, or not for this.
        """
        await self._service.resume(self._owner, self.workflow_id, dict(responses), None)

    async def cancel(self, reason: str = "cancelled by the program") -> Workflow:
        """Stop the run; return it once its graph has ended. Idempotent.

        Raises:
            WorkflowFinished: it had completed or failed before.
        """
        return await self._service.cancel(self._owner, self.workflow_id, self._owner, reason)


def _check_name(name: str) -> None:
    if name in RESERVED_NAMES:
        raise invalid("name", f"The name {name!r} is reserved.")
    if not is_definition_name(name):
        raise invalid("name", "A name has 1 to 64 of the characters A-Z a-z 0-9 _ . - and begins with a letter.")


def _add_workflow(graphs: GraphRegistry, name: str, spec: Mapping[str, Any], description: str) -> None:
    try:
        graphs.register_workflow(name, spec, description)
    except BadSpec as error:
        raise bad_spec(error, "spec") from error
