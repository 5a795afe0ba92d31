"""A weather agent with middleware of all kinds around its model and its tools."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fake_model import FakeModel, calls
from langchain.agents import AgentState, create_agent
from langchain.agents.middleware import (
    AgentMiddleware,
    ModelFallbackMiddleware,
    ModelRequest,
    ModelResponse,
    ToolRetryMiddleware,
    after_model,
    before_model,
    dynamic_prompt,
    wrap_model_call,
)
from langchain.tools import ToolRuntime
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.runtime import Runtime
from pydantic import BaseModel, Field


@dataclass
class Where:
    city: str = "Cairo"


class Forecast(BaseModel):
    """The weather, as a program wants it."""

    city: str
    degrees: float = Field(description="In Celsius.")


class Brittle(FakeModel):
    """A model that is never there."""

    lines: list[AIMessage] = []

    def _line(self, messages: Any) -> AIMessage:
        raise ConnectionError("this model is on holiday")


failures = {"look_up": 1}


@tool
async def look_up(runtime: ToolRuntime[Where]) -> str:
    """Look at the thermometer, which often needs a knock."""
    if failures["look_up"]:
        failures["look_up"] -= 1
        raise TimeoutError("it does not answer")
    runtime.stream_writer({"type": "progress", "percent": 50, "message": "reading"})
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    return f"{runtime.context.city}: 31 degrees"


@before_model
def count_turns(state: AgentState, runtime: Runtime) -> dict[str, Any] | None:
    print(f"{len(state['messages'])} messages for {runtime.context}")
    return None


@after_model(can_jump_to=["end"])
async def stop_at_nonsense(state: AgentState, runtime: Runtime) -> dict[str, Any] | None:
    if "nonsense" in state["messages"][-1].text:
        return {"jump_to": "end"}
    return None


@dynamic_prompt
def where(request: ModelRequest) -> str:
    return f"You are in {request.runtime.context.city}."


@wrap_model_call
async def try_twice(
    request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse]]
) -> ModelResponse:
    try:
        return await handler(request)
    except ValueError:
        return await handler(request)


class Counting(AgentMiddleware):
    """Keeps something of its own in the state."""

    class State(AgentState):
        turns: int

    state_schema = State

    def after_model(self, state: Any, runtime: Runtime) -> dict[str, Any]:
        return {"turns": state.get("turns", 0) + 1}


agent = create_agent(
    Brittle(),
    tools=[look_up],
    context_schema=Where,
    middleware=[
        count_turns,
        stop_at_nonsense,
        where,
        try_twice,
        Counting(),
        ModelFallbackMiddleware(FakeModel(lines=[calls(("look_up", {})), AIMessage("It says {last}.")])),
        ToolRetryMiddleware(max_retries=2, initial_delay=0.01, jitter=False),
    ],
)


@tool
async def measure() -> str:
    """Measure."""
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    return "31"


structured = create_agent(
    FakeModel(lines=[calls(("measure", {})), calls(("Forecast", {"city": "Cairo", "degrees": 31}))]),
    tools=[measure],
    response_format=Forecast,
)
