"""What an answer is made of: blocks in their order, sums that add up, metadata that is plain."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from cantata.graphs.faults import ModelFault
from tests.graphs.gemini_client import Client, answer_of
from tests.graphs.gemini_server import GeminiServer, Scripted, events, hand_made, said

HELLO = said({"text": "Hello"})
END = said({"text": "!"}, finish="STOP")
SLOW_SECONDS = 1.2


@pytest.mark.filterwarnings("ignore::UserWarning")  # the client's, that executed code may vary
async def test_code_that_follows_text_is_a_block_of_its_own(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("code_execution.sse")]

    blocks: Any = (await answer_of(client(google.url))).content_blocks

    assert [block["type"] for block in blocks] == ["text", "server_tool_call", "server_tool_result", "text"]
    assert blocks[1]["args"] == {"code": "print(2 + 3)", "language": "PYTHON"}


async def test_a_thought_between_texts_is_a_block_of_its_own(client: Client, google: GeminiServer) -> None:
    thought = said({"text": "Hm.", "thought": True})
    google.script = [events(HELLO, thought, said({"text": " there"}), END)]

    answer = await answer_of(client(google.url))

    assert [(b["type"], b.get("text") or b.get("reasoning")) for b in answer.content_blocks] == [
        ("text", "Hello"),
        ("reasoning", "Hm."),
        ("text", " there!"),
    ]


async def test_text_and_an_image_in_one_chunk_are_two_blocks(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("image.sse")]

    answer = await answer_of(client(google.url))

    assert [block["type"] for block in answer.content_blocks] == ["text", "image"]


@pytest.mark.parametrize("name", ["text.sse", "thoughts.sse", "parallel_calls.sse"])
async def test_where_the_bytes_are_split_does_not_matter(client: Client, google: GeminiServer, name: str) -> None:
    (body,) = hand_made(name).pieces
    split = [body[at : at + 7] for at in range(0, len(body), 7)]  # in the midst of names, numbers and characters
    google.script = [Scripted([body]), Scripted(split)]
    chat = client(google.url)

    whole, pieced = await answer_of(chat), await answer_of(chat)

    assert (pieced.text, pieced.usage_metadata) == (whole.text, whole.usage_metadata)
    assert [call["args"] for call in pieced.tool_calls] == [call["args"] for call in whole.tool_calls]


@pytest.mark.parametrize("name", ["parallel_calls.sse", "parallel_calls_apart.sse"])
async def test_parallel_calls_keep_their_ids(client: Client, google: GeminiServer, name: str) -> None:
    google.script = [hand_made(name)]

    answer = await answer_of(client(google.url))

    called = [(call["id"], call["args"]["city"]) for call in answer.tool_calls]
    assert called == [("call-1", "Lima"), ("call-2", "Oslo")]


async def test_sources_are_plain_metadata_and_citations_of_the_text(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("grounding.sse")]

    answer = await answer_of(client(google.url))

    block: Any = answer.content_blocks[0]
    assert answer.response_metadata["grounding_metadata"]["web_search_queries"] == ["weather in Lima"]
    assert [cited["url"] for cited in block["annotations"]] == ["https://example.org/lima"]


async def test_ratings_on_every_chunk_are_kept_once(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("repeated_end.sse")]

    answer = await answer_of(client(google.url))

    assert [rating["probability"] for rating in answer.response_metadata["safety_ratings"]] == ["NEGLIGIBLE"]


async def test_what_failed_attempts_used_is_part_of_the_sum(client: Client, google: GeminiServer) -> None:
    """They are billed: an attempt that ends in an empty answer has read the prompt and thought."""
    google.script = [hand_made("empty.sse"), hand_made("text.sse")]

    answer = await answer_of(client(google.url))

    assert answer.usage_metadata is not None
    assert (answer.usage_metadata["input_tokens"], answer.usage_metadata["output_tokens"]) == (9 + 9, 40 + 11)
    assert answer.usage_metadata["total_tokens"] == 9 + 40 + 9 + 11


async def test_what_failed_attempts_used_is_told_without_a_stream_too(client: Client, google: GeminiServer) -> None:
    empty = hand_made("text.json").pieces[0].replace(b"The lighthouse was built in 1811.", b"")
    google.script = [Scripted([empty], content_type="application/json"), hand_made("text.json")]

    answer = await client(google.url).ainvoke("When?")

    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 2 * (9 + 9)


async def test_the_total_does_not_count_the_readers_time(client: Client, google: GeminiServer) -> None:
    """The deadlines are the model's, not of whoever reads its answer."""
    google.script = [events(HELLO, HELLO, END)]
    texts = []

    async for chunk in client(google.url, total_seconds=2 * SLOW_SECONDS).astream("hello"):
        texts.append(chunk.text)
        await asyncio.sleep(SLOW_SECONDS)

    assert "".join(texts) == "HelloHello!"


async def test_nothing_is_repeated_once_a_tool_was_called(client: Client, google: GeminiServer) -> None:
    """Its call was passed on, and would come a second time."""
    call = said({"functionCall": {"name": "look_up", "args": {"word": "fjord"}}})
    google.script = [events(call), events(call, END)]

    with pytest.raises(ModelFault) as caught:
        await answer_of(client(google.url))

    assert caught.value.code == "model_truncated"
    assert len(google.requests) == 1


async def test_a_wait_that_outlasts_the_deadline_ends_the_call_at_once(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("rate_limited.json"), events(HELLO, END)]

    with pytest.raises(ModelFault) as caught:
        async with asyncio.timeout(15):
            await answer_of(client(google.url, total_seconds=20))

    assert caught.value.code == "model_rate_limited"


async def test_a_signature_alone_is_nothing_that_was_shown(client: Client, google: GeminiServer) -> None:
    google.script = [events(said({"text": "", "thoughtSignature": "c2lnbmVk"}, finish="STOP")), events(HELLO, END)]

    answer = await answer_of(client(google.url))

    assert answer.text == "Hello!"
    assert "c2lnbmVk" not in str(answer.content)


@pytest.mark.parametrize("delay", ["soon", "nan s", ""])
async def test_a_wait_that_cannot_be_read_is_our_own(client: Client, google: GeminiServer, delay: str) -> None:
    busy = hand_made("rate_limited.json")
    google.script = [Scripted([busy.pieces[0].replace(b"34.4s", delay.encode())], 429, busy.content_type), events(END)]

    assert (await answer_of(client(google.url))).text == "!"


async def test_a_call_that_google_cancelled_is_repeated(client: Client, google: GeminiServer) -> None:
    cancelled = b'{"error": {"code": 499, "message": "The operation was cancelled.", "status": "CANCELLED"}}'
    google.script = [Scripted([cancelled], 499, "application/json"), events(END)]

    assert (await answer_of(client(google.url))).text == "!"


async def test_thoughts_are_billed_as_output(client: Client, google: GeminiServer) -> None:
    google.script = [hand_made("thoughts_then_text.sse")]

    usage: Any = (await answer_of(client(google.url), [HumanMessage("Which colours?")])).usage_metadata

    assert usage["output_tokens"] == 6 + 9
    assert usage["output_token_details"]["reasoning"] == 9
