"""Whole answers, byte for byte through the real client: what they say on the wire is what our model says."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage, message_chunk_to_message

from cantata.graphs.faults import ModelFault
from cantata.graphs.gemini import GeminiChat
from cantata.server.persistence.serializer import serializer
from tests.graphs.gemini_client import Client, answer_of
from tests.graphs.gemini_recordings import ABSENT, SPECIAL, Recording, recordings, signed_recordings
from tests.graphs.gemini_server import GeminiServer, events, replayed, said
from tests.graphs.gemini_wire import Wire, signatures

# The client warns of finish reasons that it does not know, and that executed code may vary.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.mark.parametrize("recording", recordings())
async def test_what_the_wire_says_is_what_the_model_says(
    client: Client, google: GeminiServer, recording: Recording
) -> None:
    google.script = [replayed(recording.path)]

    outcome = await _outcome(client(google.url, recording.model, attempts=1), recording)

    assert outcome == _expected(recording.wire)
    assert len(google.requests) == 1


@pytest.mark.parametrize("recording", recordings())
async def test_every_answer_survives_a_checkpoint(client: Client, google: GeminiServer, recording: Recording) -> None:
    """With the types that the server's strict serializer revives, and no other."""
    google.script = [replayed(recording.path)]
    try:
        answer = await _ask(client(google.url, recording.model, attempts=1), recording)
    except ModelFault:
        return
    checkpoints = serializer(())

    assert _types_within(answer.model_dump()) <= {dict, list, str, int, float, bool, type(None)}
    assert checkpoints.loads_typed(checkpoints.dumps_typed(answer)) == answer


@pytest.mark.parametrize("recording", signed_recordings())
async def test_the_next_turn_carries_every_signature(
    client: Client, google: GeminiServer, recording: Recording
) -> None:
    google.script = [replayed(recording.path), events(said({"text": "Done."}, finish="STOP"))]
    chat = client(google.url, recording.model)
    answer = await _ask(chat, recording)

    await answer_of(chat, [HumanMessage("x"), answer, *_results_for(answer), HumanMessage("and then?")])

    sent = signatures(google.requests[1]["contents"])
    assert sent == recording.wire.signatures
    if recording.next_request:
        assert sent == signatures(recording.next_request["contents"])[-len(sent) :]


@pytest.mark.skipif("GEMINI_RECORDINGS" not in os.environ, reason=ABSENT)
def test_special_cases_are_what_their_table_says() -> None:
    found = {p.id: r.wire.fault for p in recordings() if isinstance(r := p.values[0], Recording) and p.id in SPECIAL}

    assert found == {name: code for name, (code, _) in SPECIAL.items()}


@pytest.mark.skipif("GEMINI_RECORDINGS" not in os.environ, reason=ABSENT)
@pytest.mark.parametrize("name", ["reasoningNoneResponse", "thinkingLevelAndBudgetResponse"])
async def test_bad_options_of_thinking_are_told_in_googles_words(
    client: Client, google: GeminiServer, tmp_path: Path, name: str
) -> None:
    wrapped = json.loads(
        (Path(os.environ["GEMINI_RECORDINGS"]) / "vercel-ai__issue-22372-live-errors.json").read_text()
    )
    (tmp_path / "error.json").write_text(json.dumps(wrapped[name]))
    google.script = [replayed(tmp_path / "error.json")]

    with pytest.raises(ModelFault, match="hinking") as caught:
        await answer_of(client(google.url))

    assert caught.value.code == "model_invalid_request"


def _expected(wire: Wire) -> dict[str, Any]:
    if wire.fault is not None:
        return {"fault": wire.fault}
    return {
        "text": wire.text,
        "thoughts": wire.thoughts,
        "calls": wire.calls,
        "finish_reason": wire.finish_reason,
        "tokens": wire.tokens,
    }


async def _outcome(chat: GeminiChat, recording: Recording) -> dict[str, Any]:
    try:
        answer = await _ask(chat, recording)
    except ModelFault as error:
        return {"fault": error.code}
    return {
        "text": answer.text,
        "thoughts": "".join(b["reasoning"] for b in answer.content_blocks if b["type"] == "reasoning"),
        "calls": [(call["name"], call["args"]) for call in answer.tool_calls],
        "finish_reason": answer.response_metadata.get("finish_reason"),
        "tokens": _tokens(answer),
    }


async def _ask(chat: GeminiChat, recording: Recording) -> AIMessage:
    answer = await answer_of(chat) if recording.is_streamed else await chat.ainvoke("hello there my friend")
    message = message_chunk_to_message(answer)
    assert isinstance(message, AIMessage)
    return message


def _tokens(answer: AIMessage) -> tuple[int, int, int, int, int] | None:
    told = answer.usage_metadata
    if told is None:
        return None
    thought = told.get("output_token_details", {}).get("reasoning", 0)
    cached = told.get("input_token_details", {}).get("cache_read", 0)
    return told["input_tokens"], told["output_tokens"], told["total_tokens"], thought, cached


def _results_for(answer: AIMessage) -> Sequence[BaseMessage]:
    return [ToolMessage("done", tool_call_id=call["id"], name=call["name"]) for call in answer.tool_calls]


def _types_within(value: Any) -> set[type]:
    if isinstance(value, dict):
        return {type(value)}.union(*(_types_within(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return {list}.union(*(_types_within(item) for item in value))
    return {type(value)}
