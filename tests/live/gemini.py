"""Google's real API through our model: run by `make test-gemini` alone, in this order."""

import os
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import reduce
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, ToolMessage, message_chunk_to_message
from langchain_core.runnables import Runnable
from langchain_core.tools import tool

from cantata.graphs.faults import ModelFault
from cantata.graphs.gemini import GeminiChat, gemini_chat
from cantata.graphs.model_settings import ModelOptions, ModelSettings
from tests.live.bill import MAX_INPUT_TOKENS, MAX_OUTPUT_TOKENS, MODEL, Bill

Chat = Runnable[Any, Any]

OPTIONS = ModelOptions(max_output_tokens=MAX_OUTPUT_TOKENS)


@tool
def get_country() -> str:
    """Tell the country in which the user lives."""
    return "Mexico"


@tool
def get_weather(city: str) -> str:
    """Tell the weather of a city."""
    return f"It is mild in {city}."


@pytest.fixture
async def chat() -> AsyncIterator[GeminiChat]:
    """Make the model that the command named."""
    model = gemini_chat(os.environ[MODEL], OPTIONS, ModelSettings.from_environment())
    yield model
    await model.aclose()


async def test_text_streams_and_ends(chat: GeminiChat, bill: Bill) -> None:
    answer = await _ask(chat, bill, "Which word follows 'good' in 'good morning'? Answer with that word only.")

    assert "morning" in answer.text.lower()
    assert answer.response_metadata["finish_reason"] == "STOP"


async def test_thoughts_are_told_and_counted(chat: GeminiChat, bill: Bill) -> None:
    answer = await _ask(chat, bill, "How often is the letter r in 'strawberry'? Think, then answer with a digit only.")

    assert "3" in answer.text
    assert any(block["type"] == "reasoning" for block in answer.content_blocks)
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_token_details"]["reasoning"] > 0


async def test_a_tool_is_called_and_its_signature_accepted(chat: GeminiChat, bill: Bill) -> None:
    armed = chat.bind_tools([get_country])
    question = HumanMessage("What is the capital of my country? Call the tool to learn which it is.")
    asked = await _ask(armed, bill, [question])
    (call,) = asked.tool_calls

    result = ToolMessage(get_country.invoke({}), tool_call_id=call["id"], name=call["name"])
    answer = await _ask(armed, bill, [question, message_chunk_to_message(asked), result])

    assert "Mexico City" in answer.text


async def test_calls_come_in_parallel(chat: GeminiChat, bill: Bill) -> None:
    armed = chat.bind_tools([get_weather])

    answer = await _ask(armed, bill, "Get the weather of Lima and of Oslo, with both calls at once.")

    assert {call["args"]["city"] for call in answer.tool_calls} == {"Lima", "Oslo"}


async def test_an_answer_can_be_left(chat: GeminiChat, bill: Bill) -> None:
    read: list[AIMessageChunk] = []

    async with aclosing(chat.astream("Count from 1 to 500, in words.")) as stream:  # type: ignore[type-var]  # an async generator, typed as iterator
        read.append(await anext(stream))

    # What it has used until then; without a word on that, the bound.
    bound = {"input_tokens": MAX_INPUT_TOKENS, "output_tokens": MAX_OUTPUT_TOKENS, "total_tokens": 0}
    bill.add(read[0].usage_metadata or bound)  # type: ignore[arg-type]  # a dict of the same keys


async def test_a_bad_key_is_refused_as_such() -> None:
    base_url = ModelSettings.from_environment().gemini_base_url
    settings = ModelSettings(gemini_api_key="AIzaThisIsNotAKey", gemini_base_url=base_url)
    model = gemini_chat(os.environ[MODEL], OPTIONS, settings)

    with pytest.raises(ModelFault) as caught:
        await model.ainvoke("hello")
    await model.aclose()

    assert caught.value.code == "model_auth"


async def _ask(chat: Chat, bill: Bill, prompt: Any) -> AIMessageChunk:
    chunks = [chunk async for chunk in chat.astream(prompt) if isinstance(chunk, AIMessageChunk)]
    answer = reduce(lambda left, right: left + right, chunks)
    bill.add(answer.usage_metadata)
    return answer
