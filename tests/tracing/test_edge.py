"""A tool whose library raises disturbs no run."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from uuid import UUID

import pytest
from langchain_core.callbacks import BaseCallbackHandler

from cantata.callbacks.tracing.facts import Closed, Observer, Opened, RunEnd, RunFacts, RunTrace
from cantata.callbacks.tracing.tracing import Tracing
from tests.support.engine import open_server
from tests.support.traced_shapes import QUESTION, graphs

pytestmark = pytest.mark.anyio


class Broken:
    """A tool, a run's trace in it and its observer: each raises at one of its methods, or at all."""

    name = "langfuse"
    rate = 1.0
    wants_content = True
    handlers: Sequence[BaseCallbackHandler] = ()

    def __init__(self, fails_at_once: bool) -> None:
        self._fails_at_once = fails_at_once
        self.observer: Observer | None = self

    def begin(self, run: RunFacts) -> RunTrace:
        if self._fails_at_once:
            raise RuntimeError("the library broke")
        return self

    def around(self) -> AbstractContextManager[object]:
        return nullcontext()

    def opened(self, span_id: str, parent_span_id: str | None, thing: Opened) -> None:
        raise RuntimeError("the library broke")

    def closed(self, span_id: str, result: Closed) -> None:
        raise RuntimeError("the library broke")

    def end(self, end: RunEnd) -> None:
        raise RuntimeError("the library broke")

    def url(self, trace_id: UUID) -> str | None:
        return None

    def close(self, seconds: float) -> None:
        """Let go."""


@pytest.mark.parametrize("fails_at_once", [True, False])
async def test_a_run_does_not_notice(tmp_path: Path, fails_at_once: bool) -> None:
    tracing = Tracing([Broken(fails_at_once)])
    async with open_server(tmp_path, graphs(), tracing=tracing) as server:
        workflow = await server.ended(await server.start("asking", QUESTION))

    assert (workflow["status"], workflow["final_response"]) == ("completed", "Ten million.")
