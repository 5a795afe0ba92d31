"""The answers that tests replay: hand-made ones beside this file, and genuine ones where there are some.

Genuine recordings are never part of the repository: `GEMINI_RECORDINGS` names their folder, whose `manifest.json` lists
them.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cantata.graphs.faults import FaultCode
from tests.graphs.gemini_server import HAND_MADE
from tests.graphs.gemini_wire import Wire

_PARTIAL = "partial arguments, which nobody here asks for; the client makes calls without names of them"
ABSENT = "GEMINI_RECORDINGS names no folder of genuine recordings"
SPECIAL: dict[str, tuple[FaultCode | None, str]] = {
    "partial_call.sse": ("malformed_tool_call", _PARTIAL),
    "vercel-ai__google-stream-no-args-tool-call.sse": ("malformed_tool_call", _PARTIAL),
    "vercel-ai__google-stream-tool-call-arguments.sse": ("malformed_tool_call", _PARTIAL),
    "vercel-ai__google-stream-tool-call-array-arguments-missing-terminal-function-call.sse": (
        "malformed_tool_call",
        _PARTIAL,
    ),
    "vercel-ai__google-vertex-stream-tool-call-arguments-nested.1.sse": ("malformed_tool_call", _PARTIAL),
    "vercel-ai__issue-22372-live-errors.json": ("empty_answer", "two error bodies in one file; each has its own test"),
    "firebase__vertexai__unary-success-generate-images-safety_info.json": (
        "empty_answer",
        "an answer of Vertex's image API, which has predictions and no candidates",
    ),
    "firebase__vertexai__streaming-failure-error-mid-stream.sse": (
        "model_unavailable",
        "its 499 is inside a stream that had begun with 200, and without `data:`",
    ),
    "firebase__vertexai__streaming-failure-invalid-json.sse": ("model_truncated", "it is JSON, of nothing we know"),
    "firebase__vertexai__unary-success-missing-safety-ratings.json": (None, "no finish reason; a whole body is whole"),
    "firebase__googleai__unary-failure-only-prompt-feedback.json": ("prompt_blocked", "a block without its reason"),
}
"""Files whose outcome is not plain from their name, with what they must end in and why."""


@dataclass(frozen=True)
class Recording:
    """One file and what is known of it."""

    path: Path
    model: str = "gemini-2.5-flash"
    is_streamed: bool = True
    next_request: dict[str, Any] | None = field(default=None, repr=False)
    """The request that followed, when it was recorded."""

    @property
    def wire(self) -> Wire:
        """Read what the bytes say."""
        return Wire(self.path.read_bytes(), self.path.suffix == ".sse")

    @property
    def is_signed(self) -> bool:
        """Tell whether a next turn has signatures to carry."""
        return self.wire.fault is None and bool(self.wire.signatures)


def _hand_made() -> Iterator[Recording]:
    for path in sorted(HAND_MADE.glob("*.*")):
        if path.suffix != ".md":
            yield Recording(path, is_streamed=path.suffix == ".sse")


def _genuine() -> Iterator[Recording]:
    folder = Path(os.environ["GEMINI_RECORDINGS"])
    manifest = {entry["file"]: entry for entry in json.loads((folder / "manifest.json").read_text())}
    for name, entry in manifest.items():
        stem, _, turn = Path(name).stem.rpartition("__")
        following = [e for f, e in manifest.items() if turn.isdigit() and f.startswith(f"{stem}__{int(turn) + 1}.")]
        yield Recording(
            path=folder / name,
            model=entry.get("model") or "gemini-2.5-flash",
            is_streamed=entry["kind"] == "sse" or "streaming" in name,
            next_request=following[0]["request"] if following else None,
        )


def recordings() -> list[pytest.ParameterSet]:
    """List every file for `parametrize`; one that is skipped stands for the genuine ones where there are none."""
    found = [pytest.param(recording, id=recording.path.name) for recording in _hand_made()]
    if "GEMINI_RECORDINGS" in os.environ:
        return found + [pytest.param(recording, id=recording.path.name) for recording in _genuine()]
    return [*found, pytest.param(None, id="genuine-recordings-absent", marks=pytest.mark.skip(reason=ABSENT))]


def signed_recordings() -> list[pytest.ParameterSet]:
    """List the good answers that hold signatures."""
    return [p for p in recordings() if isinstance(r := p.values[0], Recording) and r.is_signed]
