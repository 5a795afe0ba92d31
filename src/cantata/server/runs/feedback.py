"""What the owner of a run says of its answer: kept with the run, counted, and told where the run is traced."""

import logging

from cantata.callbacks.tracing.facts import FeedbackFacts
from cantata.server.runs.engine import Engine
from cantata.server.runs.ids import RunId, uuid_of
from cantata.server.runs.meter import line_of
from cantata.server.runs.model import Feedback, Run

logger = logging.getLogger(__name__)


async def keep_feedback(engine: Engine, owner: str, run_id: RunId, feedback: Feedback | None) -> None:
    """Keep it, or None to take back what was said; what says the same again is neither counted nor told.

    Raises:
        WorkflowNotFound, WorkflowNotFinished: see the store.
    """
    run = await engine.store.set_feedback(owner, run_id, feedback)
    if run.feedback == feedback:
        return
    if feedback is not None and (run.feedback is None or run.feedback.score != feedback.score):
        engine.metrics.feedback.labels(engine.metrics.agents.word(run.spec.graph), str(feedback.score)).inc()
    engine.tracing.tell_feedback(run.spec.traced_by, _facts_of(run, feedback))
    if feedback is None:
        logger.info("feedback taken back", extra={"told": line_of(run)})
    else:
        told = {**line_of(run), "score": feedback.score, "has_comment": feedback.comment is not None}
        logger.info("feedback given", extra={"told": told})


def _facts_of(run: Run, feedback: Feedback | None) -> FeedbackFacts:
    return FeedbackFacts(
        run=uuid_of(run.id),
        score=None if feedback is None else feedback.score,
        comment=None if feedback is None else feedback.comment,
        is_first=run.feedback is None,
    )
