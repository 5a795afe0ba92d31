"""The first word of a run, and what is stored with it: its row, and the workflow that polling shows."""

from dataclasses import dataclass

import msgspec
from msgspec import UNSET

from cantata.callbacks.events import Timestamps, WorkflowStarted
from cantata.callbacks.redaction import Redaction
from cantata.server.runs.fold import WorkflowFold
from cantata.server.runs.frames import Frames, FrameWriter
from cantata.server.runs.ids import RunId
from cantata.server.runs.messages import question_of
from cantata.server.runs.model import NewRun, RunSpec
from cantata.server.runs.requests import RunRequest, session_of
from cantata.server.runs.traces import marks_for


@dataclass(frozen=True)
class Beginning:
    """What is stored of a run in the transaction that creates it."""

    run: NewRun
    frames: Frames
    """The log: its first event."""
    workflow: bytes
    """The fold of it."""


def beginning_of(
    run_id: RunId, owner: str, request: RunRequest, spec: RunSpec, redaction: Redaction, timestamps: Timestamps
) -> Beginning:
    """Say what *request*, which comes down to *spec*, begins.

    Raises:
        Invalid: the name of the session cannot be one.
    """
    session_id = session_of(request)
    first = WorkflowStarted(
        workflow_id=run_id,
        timestamp=timestamps.now(),
        **marks_for(run_id, spec),
        graph=spec.graph,
        strategy=spec.strategy,
        input=redaction.plain(request.input if request.shown_input is None else request.shown_input),
        session_id=session_id,
        metadata=redaction.plain(spec.metadata) or UNSET,
        answer_nodes=spec.answer_nodes or UNSET,
    )
    run = NewRun(
        id=run_id,
        owner=owner,
        workspace=request.workspace,
        session_id=session_id,
        is_session_new=request.session_id is None,
        spec=spec,
        if_busy=request.if_busy,
        request_hash=request.request_hash,
        idempotency_key=request.idempotency_key,
        fork=request.fork,
        follows=request.follows,
        question=question_of(first, spec.input) if request.answers_again is None else None,
        answers_again=request.answers_again,
        allowance=request.allowance,
    )
    (frames,) = FrameWriter(run_id).write([first])
    folded = WorkflowFold()
    folded.apply(first)
    return Beginning(run, frames, msgspec.json.encode(folded.workflow()))
