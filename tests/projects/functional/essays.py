"""The functional API: tasks in parallel, what the last run left, an input that is a text."""

import asyncio
import os
import time

from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langgraph.config import get_stream_writer
from langgraph.func import entrypoint, task

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


@task
async def paragraph(topic: str, number: int) -> str:
    model = GenericFakeChatModel(messages=iter([AIMessage(f"{topic}, part {number}.")]))
    await asyncio.sleep(WORK_SECONDS * (number - 1))
    return (await model.ainvoke("write")).text


@task
def join(parts: list[str]) -> str:
    time.sleep(WORK_SECONDS)
    return " ".join(parts)


@entrypoint()
async def essay(request: dict) -> dict:
    writing = [paragraph(request["topic"], number) for number in range(1, request.get("parts", 3) + 1)]
    parts = await asyncio.gather(*writing)
    get_stream_writer()({"type": "progress", "percent": 90})
    return {"final_response": await join(parts), "parts": len(parts)}


@entrypoint()
def counter(request: dict, *, previous: int | None = None) -> entrypoint.final[str, int]:
    """What is told is not what is kept."""
    total = (previous or 0) + request["add"]
    return entrypoint.final(value=f"so far {total}", save=total)


@entrypoint()
def shout(text: str) -> str:
    return join([text.upper()]).result() + "!"
