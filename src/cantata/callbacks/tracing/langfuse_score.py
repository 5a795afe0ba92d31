"""What a user says of a run, as Langfuse keeps it: one score of a known id for each trace, which later ones change."""

from contextlib import suppress

import httpx
from langfuse.api import LangfuseAPI, NotFoundError, ScoreDataType
from langfuse.api.core import RequestOptions

from cantata.callbacks.tracing.facts import FeedbackFacts
from cantata.callbacks.tracing.names import USER_SCORE, feedback_of
from cantata.callbacks.tracing.otlp import SEND_SECONDS

_ONCE = RequestOptions(max_retries=0)  # more of them sleep in between


def send_score(host: str, keys: tuple[str, str], given: FeedbackFacts) -> None:
    """Make, change or remove the score; asks once, and waits for the answer.

    Raises:
        ApiError, httpx.HTTPError: it was not taken.
    """
    public_key, secret_key = keys
    with httpx.Client(timeout=SEND_SECONDS) as http:
        api = LangfuseAPI(base_url=host, username=public_key, password=secret_key, httpx_client=http)
        if given.score is None:
            _remove(api, given)
        else:
            api.scores.create(
                id=str(feedback_of(given.run)),
                trace_id=given.run.hex,
                name=USER_SCORE,
                value=given.score,
                data_type=ScoreDataType.NUMERIC,
                # Left out, the one before would stay.
                comment=given.comment if given.is_first else given.comment or "",
                request_options=_ONCE,
            )


def _remove(api: LangfuseAPI, given: FeedbackFacts) -> None:
    with suppress(NotFoundError):  # it never arrived
        api.legacy.score_v1.delete(str(feedback_of(given.run)), request_options=_ONCE)
