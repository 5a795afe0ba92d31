"""A new run that begins with a checkpoint of another one, on a session of its own."""

from dataclasses import replace
from typing import Any

import msgspec

from cantata.server.runs.model import ForkPoint, Run
from cantata.server.runs.requests import RunRequest, invalid

FORKED_FROM = "forked_from"  # the member of a fork's metadata


def fork_of(run: Run, checkpoint_id: str, wanted: RunRequest) -> RunRequest:
    """Complete *wanted*, whose input is None when the fork is to go on, with what it takes from *run*.

    Raises:
        Invalid: the metadata says itself what it is forked from.
    """
    if FORKED_FROM in wanted.metadata:
        raise invalid(f"metadata.{FORKED_FROM}", "The server sets this member itself.")
    origin: dict[str, Any] = {"workflow_id": run.id, "checkpoint_id": checkpoint_id}
    spec, continues = run.spec, wanted.input is None
    return replace(
        wanted,
        input=spec.input if continues else wanted.input,
        is_value=not continues,
        continues=continues,
        shown_input=msgspec.json.decode(run.workflow)["input"] if continues else None,
        graph=spec.graph,
        definition=spec.definition,
        version=spec.version,
        context=spec.context,
        configurable=spec.configurable,
        tags=tuple(spec.tags),
        recursion_limit=spec.recursion_limit,
        metadata={**wanted.metadata, FORKED_FROM: origin},
        fork=ForkPoint(run.id, run.thread_id, checkpoint_id),
    )
