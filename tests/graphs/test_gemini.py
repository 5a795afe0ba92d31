"""Gemini through its real client, against two servers: llmock, and one that says byte for byte what we script."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from llmock.scenarios import Behavior, Fail, Reply, StreamFault, ToolCall
from llmock.testing import LLMockServer

from cantata.graphs.agents import assistant
from cantata.graphs.faults import FaultCode, ModelFault
from cantata.graphs.gemini import GeminiChat
from cantata.graphs.tools.calculator import calculator
from tests.graphs.gemini_client import KEY, Client, answer_of
from tests.graphs.gemini_server import GeminiServer, Scripted, events, hand_made, said
from tests.server_process import HANG_SECONDS

HELLO = said({"text": "Hello"})
END = said({"text": "!"}, finish="STOP")


@pytest.fixture(scope="module")
def llmock() -> Iterator[LLMockServer]:
    """Run the independent peer."""
    with LLMockServer() as server:
        yield server


async def fault_of(chat: GeminiChat) -> ModelFault:
    with pytest.raises(ModelFault) as caught:
        await answer_of(chat)
    assert KEY not in str(caught.value)
    return caught.value


async def test_streams_and_ends_once(client: Client, llmock: LLMockServer) -> None:
    answer = await answer_of(client(llmock.base_url("gemini")))

    assert "hello" in answer.text
    assert answer.response_metadata["finish_reason"] == "STOP"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] > 0


@pytest.mark.parametrize(
    "behavior",
    [Fail(429), Fail(500), Fail(503), Fail(408), Fail(503, times=2), StreamFault("disconnect", 0)],
    ids=lambda behavior: f"{type(behavior).__name__}-{getattr(behavior, 'status', '')}-{behavior.times}",
)
async def test_what_may_pass_is_tried_again(client: Client, llmock: LLMockServer, behavior: Behavior) -> None:
    llmock.state.reset()
    llmock.state.scenarios.add(behavior)

    answer = await answer_of(client(llmock.base_url("gemini")))

    assert answer.text


@pytest.mark.parametrize(
    ("behavior", "code"),
    [
        (Fail(400), "model_invalid_request"),
        (Fail(401), "model_auth"),
        (Fail(403), "model_auth"),
        (Fail(404), "model_not_found"),
        (Fail(429, times=3), "model_rate_limited"),
        (Fail(500, times=3), "model_unavailable"),
        (Fail(408, times=3), "model_timeout"),
        (StreamFault("disconnect", 2), "model_connection"),
        (StreamFault("truncate", 2), "model_truncated"),
        (StreamFault("malformed", 2), "malformed_response"),
    ],
)
async def test_each_failure_has_its_code(
    client: Client, llmock: LLMockServer, behavior: Behavior, code: FaultCode
) -> None:
    llmock.state.reset()
    llmock.state.scenarios.add(behavior)

    assert (await fault_of(client(llmock.base_url("gemini")))).code == code


@pytest.mark.parametrize("behavior", [Fail(404), Fail(503, times=3)])
async def test_calls_that_do_not_stream_are_guarded_too(
    client: Client, llmock: LLMockServer, behavior: Behavior
) -> None:
    chat = client(llmock.base_url("gemini"))
    llmock.state.reset()
    llmock.state.scenarios.add(behavior, behavior, behavior)

    with pytest.raises(ModelFault):
        await chat.ainvoke("hello")
    with pytest.raises(ModelFault):
        await asyncio.to_thread(chat.invoke, "hello")
    with pytest.raises(ModelFault):
        await asyncio.to_thread(lambda: list(chat.stream("hello")))


async def test_synchronous_calls_answer(client: Client, llmock: LLMockServer) -> None:
    llmock.state.reset()
    chat = client(llmock.base_url("gemini"))

    invoked = await asyncio.to_thread(chat.invoke, "hello")
    streamed = await asyncio.to_thread(lambda: list(chat.stream("hello")))

    assert invoked.text
    assert len(streamed) > 2


@pytest.mark.usefixtures("models_closed")
async def test_the_assistant_runs_on_gemini(llmock: LLMockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", llmock.base_url("gemini"))
    llmock.state.reset()
    llmock.state.scenarios.add(
        Reply(
            tool_calls=(ToolCall("calculator", {"expression": "17*23"}), ToolCall("current_time", {"zone": "Cairo"}))
        ),
        Reply(text="It is 391."),
    )

    result = await assistant.graph.ainvoke({"messages": [HumanMessage("What is 17*23?")]})

    assert [message.type for message in result["messages"]] == ["human", "ai", "tool", "tool", "ai"]
    assert result["messages"][2].text == "391"
    assert result["messages"][-1].text == "It is 391."
    assert not llmock.state.scenarios.pending()


async def test_a_conversation_of_the_offline_model_goes_on_with_gemini(client: Client, llmock: LLMockServer) -> None:
    """A thread may change its model: v1 blocks of one must be readable to the other."""
    llmock.state.reset()
    offline = await assistant.graph.ainvoke({"messages": [HumanMessage("What is 2+3?")]})

    answer = await client(llmock.base_url("gemini")).ainvoke([*offline["messages"], HumanMessage("And then?")])

    assert answer.text
    body = llmock.state.journal.records()[-1].to_dict()["body"]
    assert [content["role"] for content in body["contents"]] == ["user", "model", "user", "model", "user"]


async def test_thoughts_and_calls_come_as_blocks(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("thoughts.sse")]

    answer = await answer_of(client(google.url))

    kinds = [block["type"] for block in answer.content_blocks]
    assert kinds[0] == "reasoning"
    assert "tool_call" in kinds
    assert answer.tool_calls[0]["name"] == "now"
    assert google.requests[0]["generationConfig"]["thinkingConfig"] == {"include_thoughts": True}
    assert answer.response_metadata["finish_reason"] == "STOP"


async def test_a_model_without_thoughts_is_not_asked_for_them(client: Client, google: GeminiServer) -> None:
    google.script = [events(HELLO, END)]

    await answer_of(client(google.url, "gemini-2.0-flash"))

    assert "thinkingConfig" not in google.requests[0]["generationConfig"]


async def test_a_tool_call_and_its_answer_replay_with_the_signature(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("tool_call.sse"), hand_made("tool_answer.sse")]
    chat = client(google.url, "gemini-3-pro-preview")
    asked = await answer_of(chat)

    from_state = AIMessage(asked.content, tool_calls=asked.tool_calls, additional_kwargs=asked.additional_kwargs)
    from_state.response_metadata = asked.response_metadata
    answer = await answer_of(chat, [HumanMessage("capital?"), from_state, _result_of(asked)])

    assert answer.text == "The capital of Mexico is Mexico City."
    assert "thoughtSignature" in str(google.requests[1]["contents"])


async def test_old_models_that_repeat_the_end_fold_to_one(client: Client, google: GeminiServer) -> None:
    google.script = [events(said({"text": "a"}, finish="STOP"), said({"text": "b"}, finish="STOP"))]

    answer = await answer_of(client(google.url))

    assert (answer.text, answer.response_metadata["finish_reason"]) == ("ab", "STOP")
    assert answer.response_metadata["model_name"] == "gemini-2.5-flash"


@pytest.mark.parametrize(
    ("scripted", "code", "retryable"),
    [
        (hand_made("prompt_blocked.sse"), "prompt_blocked", False),
        (hand_made("answer_blocked.sse"), "answer_blocked", False),
        (events(HELLO), "model_truncated", True),
        (events(said(finish="MALFORMED_FUNCTION_CALL")), "malformed_tool_call", True),
        (events(said({"text": "hm", "thought": True}), said(finish="STOP")), "empty_answer", True),
        (events(said({"text": "hm", "thought": True}), said(finish="MAX_TOKENS")), "output_limit", False),
        (
            events(HELLO, {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}),
            "model_unavailable",
            True,
        ),
        (Scripted([b"data: {not json}\r\n\r\n"]), "malformed_response", True),
    ],
)
async def test_silent_faults_are_faults(
    client: Client, google: GeminiServer, scripted: Scripted, code: FaultCode, retryable: bool
) -> None:
    google.script = [scripted]

    fault = await fault_of(client(google.url, attempts=1))

    assert (fault.code, fault.retryable) == (code, retryable)
    assert fault.recovery_suggestions


@pytest.mark.parametrize(
    ("scripted", "code"),
    [
        (hand_made("output_limit.json"), "output_limit"),
        (
            Scripted([b'{"promptFeedback": {"blockReason": "SAFETY"}}'], content_type="application/json"),
            "prompt_blocked",
        ),
        (Scripted([b"<html>"], content_type="text/html"), "malformed_response"),
    ],
)
async def test_silent_faults_of_whole_answers(
    client: Client, google: GeminiServer, scripted: Scripted, code: FaultCode
) -> None:
    google.script = [scripted]

    with pytest.raises(ModelFault) as caught:
        await client(google.url, attempts=1).ainvoke("hello")

    assert caught.value.code == code


async def test_an_answer_cut_by_its_limit_is_still_an_answer(client: Client, google: GeminiServer) -> None:
    google.script = [events(HELLO, said({"text": " wor"}, finish="MAX_TOKENS"))]

    answer = await answer_of(client(google.url))

    assert (answer.text, answer.response_metadata["finish_reason"]) == ("Hello wor", "MAX_TOKENS")


async def test_an_empty_attempt_is_repeated_and_leaves_no_trace(client: Client, google: GeminiServer) -> None:
    google.script = [events(said(finish="STOP")), events(HELLO, END)]

    answer = await answer_of(client(google.url))

    assert (answer.text, answer.response_metadata["finish_reason"]) == ("Hello!", "STOP")


async def test_nothing_is_repeated_once_a_word_was_passed_on(client: Client, google: GeminiServer) -> None:
    google.script = [events(HELLO), events(HELLO, END)]

    fault = await fault_of(client(google.url))

    assert fault.code == "model_truncated"
    assert len(google.requests) == 1


async def test_a_bad_key_is_an_auth_fault_and_stays_secret(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("bad_key.json")]

    fault = await fault_of(client(google.url))

    assert fault.code == "model_auth"
    assert fault.__cause__ is None  # Google's details repeat the key


async def test_the_key_is_cut_out_of_what_the_provider_says(client: Client, google: GeminiServer) -> None:
    body = f'{{"error": {{"code": 400, "status": "INVALID_ARGUMENT", "message": "no: {KEY}"}}}}'.encode()
    google.script = [Scripted([body], 400, "application/json")]

    fault = await fault_of(client(google.url))

    assert str(fault) == "Gemini refused the request to gemini-2.5-flash: no: …."


async def test_a_long_wait_that_google_asks_for_is_told_and_not_waited_for(
    client: Client, google: GeminiServer
) -> None:
    google.script = [hand_made("rate_limited.json")]

    fault = await fault_of(client(google.url, total_seconds=10))

    assert fault.code == "model_rate_limited"
    assert "34.4 s" in str(fault)


async def test_a_short_wait_that_google_asks_for_is_kept(client: Client, google: GeminiServer) -> None:
    busy = hand_made("rate_limited.json")
    google.script = [Scripted([busy.pieces[0].replace(b"34.4s", b"0.3s")], 429, "application/json"), events(HELLO, END)]
    started = time.monotonic()

    await answer_of(client(google.url))

    assert time.monotonic() - started >= 0.3


async def test_silence_ends_an_answer(client: Client, google: GeminiServer) -> None:
    google.script = [events(HELLO, hangs=True)]

    fault = await fault_of(client(google.url, idle_seconds=0.2))

    assert fault.code == "model_timeout"
    await asyncio.wait_for(google.cut.wait(), HANG_SECONDS)


async def test_the_total_holds_over_all_attempts(client: Client, google: GeminiServer) -> None:
    google.script = [events(hangs=True) for _ in range(3)]

    fault = await fault_of(client(google.url, idle_seconds=0.2, total_seconds=0.3))

    assert fault.code == "model_timeout"
    assert len(google.requests) < 3


async def test_a_slow_reader_is_no_timeout(client: Client, google: GeminiServer) -> None:
    """The deadlines are the model's, not of whoever reads its answer."""
    google.script = [events(HELLO, END)]
    texts = []

    async for chunk in client(google.url, idle_seconds=1.5).astream("hello"):
        texts.append(chunk.text)
        await asyncio.sleep(1)

    assert "".join(texts) == "Hello!"


async def test_cancelling_closes_the_connection(client: Client, google: GeminiServer) -> None:
    google.script = [events(HELLO, hangs=True)]
    running = asyncio.ensure_future(answer_of(client(google.url)))
    await asyncio.wait_for(google.asked.wait(), HANG_SECONDS)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    await asyncio.wait_for(google.cut.wait(), HANG_SECONDS)


async def test_no_server_is_a_connection_fault(client: Client) -> None:
    assert (await fault_of(client("http://127.0.0.1:9", attempts=1))).code == "model_connection"


async def test_what_goes_into_the_state_is_plain(client: Client, google: GeminiServer) -> None:
    """Enums of the client in a checkpoint would be refused by strict msgpack."""
    rated = {
        **END,
        "promptFeedback": {"safetyRatings": [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]},
    }
    rated["candidates"][0]["safetyRatings"] = [{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}]
    google.script = [events(HELLO, rated)]

    answer = await answer_of(client(google.url))

    assert _types_within(answer.response_metadata) <= {dict, list, str, int, float, bool, type(None)}


async def test_the_key_is_in_no_text_of_the_model(client: Client) -> None:
    chat = client("http://127.0.0.1:9")

    assert KEY not in f"{chat!r} {dumpd(chat)} {chat.bind_tools([calculator])!r}"


async def test_a_gateway_of_langsmith_cannot_take_the_calls(
    client: Client, monkeypatch: pytest.MonkeyPatch, google: GeminiServer
) -> None:
    monkeypatch.setenv("LANGSMITH_GATEWAY", "http://127.0.0.1:9")
    google.script = [events(HELLO, END)]

    assert (await answer_of(client(google.url))).text == "Hello!"
    assert google.paths == ["/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"]


def _result_of(asked: AIMessage) -> ToolMessage:
    return ToolMessage("Mexico", tool_call_id=asked.tool_calls[0]["id"], name="get_country")


def _types_within(value: Any) -> set[type]:
    if isinstance(value, dict):
        return {type(value)}.union(*(_types_within(item) for item in value.values()))
    if isinstance(value, list):
        return {type(value)}.union(*(_types_within(item) for item in value))
    return {type(value)}
