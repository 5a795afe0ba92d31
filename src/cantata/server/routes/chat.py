"""POST /chat: a message in, a live reasoning chain out."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from cantata.server.auth.policies import needs
from cantata.server.auth.principal import WRITE, Caller
from cantata.server.errors import MessageTooLong
from cantata.server.routes.answers import Service
from cantata.server.routes.bodies import ChatBody, NewRunQuery
from cantata.server.routes.documented import RUN_ANSWERS
from cantata.server.routes.requests import (
    StrictJsonRoute,
    common_fields,
    idempotency_key,
    reply_to,
    request_hash,
)
from cantata.server.runs.requests import RunRequest, invalid

router = APIRouter(route_class=StrictJsonRoute, tags=["chat"])


@router.post("/chat", responses=RUN_ANSWERS)
@needs(WRITE)
async def chat(
    body: ChatBody,
    query: Annotated[NewRunQuery, Query()],
    request: Request,
    answers: Service,
    caller: Caller,
) -> Response:
    """Send a message to an agent; streams by default."""
    check_text("message", body.message, request.app.state.settings.max_message_chars)
    reply = reply_to(request, query, "stream")
    asked = RunRequest(
        graph=body.agent,
        input=body.message,
        must_have_messages=True,
        request_hash=request_hash("POST /chat", await request.json()),
        idempotency_key=idempotency_key(request, query.idempotency_key),
        **common_fields(body, reply.wanted),
    )
    return await answers.start(caller, asked, reply, request)


def check_text(path: str, text: str, max_chars: int) -> None:
    """Refuse a text that says nothing, or too much.

    Raises:
        Invalid: it is empty.
        MessageTooLong: it is longer than *max_chars*.
    """
    if not text.strip():
        raise invalid(path, "Say something: the text is empty.")
    if len(text) > max_chars:
        raise MessageTooLong(f"{path}: {len(text)} characters are more than the {max_chars} that are allowed.")
