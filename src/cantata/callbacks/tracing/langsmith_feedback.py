"""What a user says of a run, as LangSmith keeps it: one entry of a known id for each run.

LangSmith takes runs and entries into queues of its own: an entry is refused until its run is found, and cannot be
changed or removed until it is found itself.
"""

from uuid import UUID

from langsmith import Client
from langsmith.utils import LangSmithConflictError, LangSmithNotFoundError

from cantata.callbacks.tracing.facts import FeedbackFacts
from cantata.callbacks.tracing.names import USER_SCORE, feedback_of


def send_feedback(client: Client, project_id: UUID, given: FeedbackFacts) -> None:
    """Make, change or remove the entry; asks once, and waits for the answer.

    Raises:
        LangSmithNotFoundError: LangSmith does not find the run, or what is to be removed; it may later.
        LangSmithError: it was not taken.
    """
    if given.score is None:
        client.delete_feedback(feedback_of(given.run))
    elif given.is_first:
        try:
            _create(client, project_id, given)
        except LangSmithConflictError:
            _change(client, given)
    else:
        try:
            _change(client, given)
        except LangSmithNotFoundError:
            _create(client, project_id, given)


def _create(client: Client, project_id: UUID, given: FeedbackFacts) -> None:
    client.create_feedback(
        given.run,
        USER_SCORE,
        score=given.score,
        comment=given.comment,
        trace_id=given.run,
        session_id=project_id,
        feedback_id=feedback_of(given.run),
        stop_after_attempt=1,  # more of them sleep in between
    )


def _change(client: Client, given: FeedbackFacts) -> None:
    # Without a comment the one before would stay.
    client.update_feedback(feedback_of(given.run), score=given.score, comment=given.comment or "")
