"""Compresses long answers for whom that is welcome; streams are never touched, not even looked at frame by frame."""

import asyncio
import gzip

from starlette.requests import Request
from starlette.responses import Response

LEAST_BYTES = 2_048  # below, a network saves nothing
THREAD_BYTES = 16_384  # from there on a thread compresses, so that no stream waits for it
LEVEL = 1  # JSON of events shrinks to a sixth, in a millisecond for 100 KiB


async def compressed(answer: Response, request: Request) -> Response:
    """Return *answer*, compressed if it is whole, long and asked for so."""
    if type(answer) is not Response or len(answer.body) < LEAST_BYTES:
        return answer
    answer.headers.append("Vary", "Accept-Encoding")
    if "gzip" not in request.headers.get("accept-encoding", "") or "content-encoding" in answer.headers:
        return answer
    body = bytes(answer.body)
    is_long = len(body) >= THREAD_BYTES
    answer.body = await asyncio.to_thread(gzip.compress, body, LEVEL) if is_long else gzip.compress(body, LEVEL)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Content-Length"] = str(len(answer.body))
    return answer
