"""Langfuse's own client and our spans speak of the same trace in the same words."""

from pathlib import Path
from uuid import uuid4

import pytest
from langfuse import Langfuse
from langfuse.types import TraceContext
from opentelemetry.sdk.trace import TracerProvider

from cantata.callbacks.tracing.names import observation_of
from tests.support.trace_receiver import trace_receiver
from tests.support.traced_shapes import traced_shape

pytestmark = pytest.mark.anyio


async def test_the_client_takes_a_runs_uuid_as_its_trace(tmp_path: Path) -> None:
    """Somebody's program scores a run, or adds to its trace, by the ids that our events tell."""
    run_id = uuid4()
    with trace_receiver() as receiver:
        client = Langfuse(
            public_key=f"pk-lf-{run_id}",
            secret_key="sk-lf-test",
            base_url=receiver.url,
            tracer_provider=TracerProvider(shutdown_on_exit=False),
        )
        at: TraceContext = {"trace_id": run_id.hex, "parent_span_id": observation_of(str(run_id))}
        client.start_observation(
            trace_context=at,
            name="added",
            as_type="generation",
            model="gemini-2.5-flash",
            input=[],
            output={},
            usage_details={"input": 1},
            cost_details={"total": 0.1},
        ).end()
        client.shutdown()
        (added,) = receiver.langfuse(str(run_id))
    ours = (await traced_shape(tmp_path, "single", "langfuse")).one("langfuse", "gemini-2.5-flash_llm_call")

    assert (added.trace_id, added.parent) == (run_id.hex, observation_of(str(run_id)))
    assert {name for name in added.members if name.startswith("langfuse.observation")} <= set(ours.members)
