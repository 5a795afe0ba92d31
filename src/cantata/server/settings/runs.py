"""How runs are executed, and what they may be."""

from pydantic import BaseModel, Field

from cantata.graphs.loading import LOAD_SECONDS
from cantata.graphs.spec import MAX_DEPTH, MAX_STEPS, MOST_LEVELS, MOST_STEPS


class Runs(BaseModel):
    """How runs are executed, and what they may be."""

    max_message_chars: int = Field(100_000, ge=1, le=10_000_000, description="Longest message.")
    max_concurrent_runs: int = Field(100, ge=1, le=10_000, description="Runs executed at once; more wait in turn.")
    max_attempts: int = Field(
        3, ge=1, le=100, description="Times that a run is taken up after crashes without progress."
    )
    run_timeout_seconds: float = Field(
        3_600, gt=0, le=604_800, description="Longest running time of a run that names none."
    )
    recursion_limit: int = Field(100, ge=1, le=10_000, description="Supersteps of a run that names no limit.")
    max_workflow_steps: int = Field(
        MAX_STEPS, ge=1, le=MOST_STEPS, description="Steps of a workflow that a request or a definition brings."
    )
    max_workflow_depth: int = Field(
        MAX_DEPTH, ge=1, le=MOST_LEVELS, description="Levels of steps within steps of such a workflow."
    )
    graph_load_seconds: float = Field(
        LOAD_SECONDS, gt=0, le=3_600, description="Longest import of a graph's file at the start."
    )
    cancel_seconds: float = Field(5, gt=0, le=300, description="Longest wait for a cancelled graph to stop.")
    drain_seconds: float = Field(
        10, ge=0, le=3_600, description="Longest wait at shutdown for runs to reach a superstep's edge."
    )
    disconnect_grace_seconds: float = Field(
        15,
        ge=0,
        le=86_400,
        description="How long a run with `on_disconnect: cancel` goes on without a reader.",
    )
