"""An agent that sums up what was said when it gets long."""

import asyncio
import os

from fake_model import FakeModel, calls
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware, TodoListMiddleware
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import tool


class Lines:
    """The same line for ever."""

    def __iter__(self):
        return self

    def __next__(self):
        return AIMessage("They spoke of the sea.")


@tool
async def recall() -> str:
    """Think of earlier days."""
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    return "the sea"


agent = create_agent(
    FakeModel(
        lines=[
            calls(("write_todos", {"todos": [{"content": "think", "status": "in_progress"}]})),
            calls(("recall", {})),
            AIMessage("It was {last}."),
        ],
    ),
    tools=[recall],
    middleware=[
        TodoListMiddleware(),
        SummarizationMiddleware(GenericFakeChatModel(messages=Lines()), trigger=("messages", 8), keep=("messages", 6)),
    ],
)
