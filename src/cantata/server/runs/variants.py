"""A new run in the place of another one: with another text, or the same input once more."""

from dataclasses import replace
from typing import Any

import msgspec

from cantata.server.runs.forks import FORKED_FROM, kept, own_metadata
from cantata.server.runs.messages import with_text
from cantata.server.runs.model import ForkPoint, Run, RunSpec
from cantata.server.runs.requests import RunRequest, invalid


def origin_of(spec: RunSpec) -> dict[str, Any] | None:
    """Return the run and checkpoint that a fork began with; None for any other run."""
    origin = spec.metadata.get(FORKED_FROM)
    return origin if isinstance(origin, dict) else None


def repeated(run: Run, wanted: RunRequest, origin: Run | None) -> RunRequest:
    """Complete *wanted* to a request that answers the question of *run* again; *origin* is what a fork began with."""
    return replace(
        _in_place(run, wanted, origin),
        input=run.spec.input,
        continues=run.spec.continues,
        shown_input=_shown(run),
        answers_again=run.id if run.question_id else None,
    )


def edited(run: Run, text: str, wanted: RunRequest, origin: Run | None) -> RunRequest:
    """Complete *wanted* to a request that says *text* where *run* was told something else.

    Raises:
        Invalid: what it was told is no text.
    """
    given = with_text(run.spec.input, text)
    if given is None:
        raise invalid("content", "The workflow was given no text: start another one with another input.")
    shown = text if isinstance(_shown(run), str) else None
    return replace(_in_place(run, wanted, origin), input=given, shown_input=shown)


def _in_place(run: Run, wanted: RunRequest, origin: Run | None) -> RunRequest:
    spec = run.spec
    forked = origin_of(spec)
    return replace(
        wanted,
        session_id=run.session_id,
        follows=run.parent_id,
        timeout_seconds=wanted.timeout_seconds or spec.timeout_seconds,
        metadata={**wanted.metadata, **own_metadata(spec, wanted)},
        fork=ForkPoint(origin.id, origin.thread_id, forked["checkpoint_id"]) if origin and forked else None,
        **kept(spec),
    )


def _shown(run: Run) -> Any:
    """Return the masked copy of the input, as the first event told it."""
    return msgspec.json.decode(run.workflow)["input"]
