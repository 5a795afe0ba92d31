"""Every way in which a call of Gemini fails: how the peer behaves, and what must come of it.

`test_gemini_faults.py` runs each through the whole path, and `docs/models.md` shows this table.
"""

from dataclasses import dataclass

from cantata.graphs.faults import FaultCode
from tests.graphs.gemini_server import Scripted, events, hand_made, said

ATTEMPTS = 2  # that a call may make here
TOTAL_SECONDS = 20.0
_SAID = "The light"
_BEGUN = said({"text": _SAID})
_BROKEN = b'data: {"candidates": [{"content"\r\n\r\n'
_HTML = b"<!doctype html><title>503</title><h1>Service Unavailable</h1>"
_MODEL = "gemini-2.5-flash"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A fault, what LangChain's client makes of it, and what a reader of the run gets to know."""

    name: str
    answer: Scripted | None
    """What the peer says to every request; None when nobody listens."""
    client: str | None
    """The exception that the bare client raises; None when it takes the answer for a good one."""
    code: FaultCode
    message: str
    attempts: int = 1
    shown: str = ""
    """The text that had streamed before."""
    idle_seconds: float = 30.0


def _briefly_limited() -> Scripted:
    busy = hand_made("rate_limited.json")
    return Scripted([busy.pieces[0].replace(b"34.4s", b"0.1s")], busy.status, busy.content_type)


FAULTS = (
    Fault(
        name="400, bad key",
        answer=hand_made("bad_key.json"),
        client="GoogleInvalidRequestError",
        code="model_auth",
        message="Gemini refused the key.",
    ),
    Fault(
        name="401",
        answer=hand_made("no_login.json"),
        client="GoogleAuthenticationError",
        code="model_auth",
        message="Gemini refused the key.",
    ),
    Fault(
        name="403",
        answer=hand_made("forbidden.json"),
        client="GooglePermissionDeniedError",
        code="model_auth",
        message="Gemini refused the key.",
    ),
    Fault(
        name="404, unknown model",
        answer=hand_made("unknown_model.json"),
        client="GoogleModelNotFoundError",
        code="model_not_found",
        message=f"Gemini has no model named {_MODEL}.",
    ),
    Fault(
        name="429, RetryInfo within the deadline",
        answer=_briefly_limited(),
        client="GoogleRateLimitError",
        code="model_rate_limited",
        message=f"The rate limit of {_MODEL} is reached; it asks to wait 0.1 s.",
        attempts=2,
    ),
    Fault(
        name="429, RetryInfo beyond the deadline",
        answer=hand_made("rate_limited.json"),
        client="GoogleRateLimitError",
        code="model_rate_limited",
        message=f"The rate limit of {_MODEL} is reached; it asks to wait 34.4 s.",
    ),
    Fault(
        name="500",
        answer=hand_made("internal.json"),
        client="GoogleAPIError",
        code="model_unavailable",
        message=f"{_MODEL} is not available at the moment.",
        attempts=2,
    ),
    Fault(
        name="503 with an HTML page",
        answer=Scripted([_HTML], 503, "text/html"),
        client="GoogleAPIError",
        code="model_unavailable",
        message=f"{_MODEL} is not available at the moment.",
        attempts=2,
    ),
    Fault(
        name="an error inside the stream",
        answer=hand_made("error_inside.sse"),
        client="GoogleAPIError",
        code="model_unavailable",
        message=f"{_MODEL} is not available at the moment.",
        shown=_SAID,
    ),
    Fault(
        name="a malformed chunk",
        answer=Scripted([*events(_BEGUN).pieces, _BROKEN]),
        client="UnknownApiResponseError",
        code="malformed_response",
        message=f"{_MODEL} sent something that is not an answer.",
        shown=_SAID,
    ),
    Fault(
        name="a cut connection",
        answer=Scripted(events(_BEGUN).pieces, cut=True),
        client="RemoteProtocolError",
        code="model_connection",
        message=f"The connection to {_MODEL} failed.",
        shown=_SAID,
    ),
    Fault(
        name="a refused connection",
        answer=None,
        client="ConnectError",
        code="model_connection",
        message=f"The connection to {_MODEL} failed.",
        attempts=2,
    ),
    Fault(
        name="silence before the first token",
        answer=events(hangs=True),
        client="ReadTimeout",
        code="model_timeout",
        message=f"{_MODEL} did not answer in time.",
        attempts=2,
        idle_seconds=2.5,
    ),
    Fault(
        name="silence after the first token",
        answer=events(_BEGUN, hangs=True),
        client="ReadTimeout",
        code="model_timeout",
        message=f"{_MODEL} did not answer in time.",
        shown=_SAID,
        idle_seconds=2.5,
    ),
    Fault(
        name="a truncated stream",
        answer=hand_made("truncated.sse"),
        client=None,
        code="model_truncated",
        message="The model's answer broke off.",
        shown=_SAID,
    ),
    Fault(
        name="a blocked prompt",
        answer=hand_made("prompt_blocked.sse"),
        client=None,
        code="prompt_blocked",
        message="Gemini refused the prompt (PROHIBITED_CONTENT).",
    ),
    Fault(
        name="`SAFETY`",
        answer=hand_made("answer_blocked.sse"),
        client=None,
        code="answer_blocked",
        message="Gemini stopped its answer (SAFETY).",
        shown="Once upon",
    ),
    Fault(
        name="`MAX_TOKENS` before any text",
        answer=events(said(finish="MAX_TOKENS")),
        client=None,
        code="output_limit",
        message="The model used up max_output_tokens before it answered.",
    ),
    Fault(
        name="`MALFORMED_FUNCTION_CALL`",
        answer=hand_made("malformed_call.sse"),
        client=None,
        code="malformed_tool_call",
        message="The model made a tool call that cannot be read (MALFORMED_FUNCTION_CALL).",
        attempts=2,
    ),
    Fault(
        name="an empty answer",
        answer=hand_made("empty.sse"),
        client=None,
        code="empty_answer",
        message="The model gave an empty answer.",
        attempts=2,
    ),
)
