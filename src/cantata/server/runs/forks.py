"""A new run that begins with a checkpoint of another one, on a session of its own."""

from dataclasses import replace
from typing import Any

import msgspec

from cantata.server.runs.model import ForkPoint, Run, RunSpec
from cantata.server.runs.requests import RunRequest, invalid

FORKED_FROM = "forked_from"  # the member of a fork's metadata


def fork_of(run: Run, checkpoint_id: str, wanted: RunRequest) -> RunRequest:
    """Complete *wanted*, whose input is None when the fork is to go on, with what it takes from *run*.

    Raises:
        Invalid: the metadata says itself what only the server can.
    """
    origin: dict[str, Any] = {"workflow_id": run.id, "checkpoint_id": checkpoint_id}
    spec, continues = run.spec, wanted.input is None
    return replace(
        wanted,
        input=spec.input if continues else wanted.input,
        is_value=not continues,
        continues=continues,
        shown_input=msgspec.json.decode(run.workflow)["input"] if continues else None,
        metadata={**wanted.metadata, **own_metadata(spec, wanted), FORKED_FROM: origin},
        fork=ForkPoint(run.id, run.thread_id, checkpoint_id),
        **kept(spec),
    )


def kept(spec: RunSpec) -> dict[str, Any]:
    """Return what a run takes from another one of which it is a variant."""
    return {
        "graph": spec.graph,
        "definition": spec.definition,
        "version": spec.version,
        "context": spec.context,
        "configurable": spec.configurable,
        "tags": tuple(spec.tags),
        "recursion_limit": spec.recursion_limit,
    }


def own_metadata(spec: RunSpec, wanted: RunRequest) -> dict[str, Any]:
    """Return what the server itself has put into the metadata of *spec*, and a client cannot: lists and objects.

    Raises:
        Invalid: *wanted* says it, too.
    """
    own = {name: value for name, value in spec.metadata.items() if isinstance(value, list | dict)}
    for name in (FORKED_FROM, *own):
        if name in wanted.metadata:
            raise invalid(f"metadata.{name}", "The server sets this member itself.")
    return own
