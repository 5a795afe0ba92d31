"""Define a data enrichment agent.

Works with a chat model with tool calling support.
"""

import asyncio
import json
import os
from typing import Any, Dict, List, Literal, Optional, cast

from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import StateGraph
from langgraph.prebuilt import ToolNode
from pydantic import BaseModel, Field

from enrichment_agent.configuration import Configuration
from enrichment_agent.state import InputState, OutputState, State


def init_model(config: Optional[RunnableConfig] = None):
    """Initialize the configured chat model."""
    configuration = Configuration.from_runnable_config(config)
    provider, model = configuration.model.split("/", maxsplit=1)
    return init_chat_model(model, model_provider=provider)


async def search(query: str) -> list[dict[str, Any]]:
    """Query a search engine."""
    await asyncio.sleep(float(os.environ.get("WORK_SECONDS", "0")))
    return [{"content": f"{query} is 40 m high"}]


async def call_agent_model(state: State, *, config: Optional[RunnableConfig] = None) -> Dict[str, Any]:
    """Call the primary Language Model (LLM) to decide on the next research action."""
    configuration = Configuration.from_runnable_config(config)

    info_tool = {
        "name": "Info",
        "description": "Call this when you have gathered all the relevant info",
        "parameters": state.extraction_schema,
    }
    p = configuration.prompt.format(info=json.dumps(state.extraction_schema, indent=2), topic=state.topic)
    messages = [HumanMessage(content=p)] + state.messages

    model = init_model(config).bind_tools([search, info_tool], tool_choice="any")
    response = cast(AIMessage, await model.ainvoke(messages))

    info = None
    if response.tool_calls:
        for tool_call in response.tool_calls:
            if tool_call["name"] == "Info":
                info = tool_call["args"]
                break
    if info is not None:
        response.tool_calls = [next(tc for tc in response.tool_calls if tc["name"] == "Info")]
    response_messages: List[BaseMessage] = [response]
    if not response.tool_calls:
        response_messages.append(HumanMessage(content="Please respond by calling one of the provided tools."))
    return {"messages": response_messages, "info": info, "loop_step": 1}


class InfoIsSatisfactory(BaseModel):
    """Validate whether the current extracted info is satisfactory and complete."""

    reason: List[str] = Field(description="First, provide reasoning for why this is either good or bad.")
    is_satisfactory: bool = Field(description="Whether the result is satisfactory.")
    improvement_instructions: Optional[str] = Field(description="What needs to be improved.", default=None)


async def reflect(state: State, *, config: Optional[RunnableConfig] = None) -> Dict[str, Any]:
    """Validate the quality of the data enrichment agent's output."""
    last_message = state.messages[-1]
    presumed_info = state.info
    messages = [HumanMessage(content=state.topic)] + state.messages[:-1]
    messages.append(HumanMessage(content=f"Is this good? {json.dumps(presumed_info or {})}"))
    bound_model = init_model(config).with_structured_output(InfoIsSatisfactory)
    response = cast(InfoIsSatisfactory, await bound_model.ainvoke(messages))
    is_good = response.is_satisfactory and presumed_info
    return {
        "info": presumed_info,
        "messages": [
            ToolMessage(
                tool_call_id=cast(AIMessage, last_message).tool_calls[0]["id"],
                content="\n".join(response.reason) if is_good else f"{response.improvement_instructions}",
                name="Info",
                additional_kwargs={"artifact": response.model_dump()},
                status="success" if is_good else "error",
            )
        ],
    }


def route_after_agent(state: State) -> Literal["reflect", "tools", "call_agent_model", "__end__"]:
    """Schedule the next node after the agent's action."""
    last_message = state.messages[-1]
    if not isinstance(last_message, AIMessage):
        return "call_agent_model"
    if last_message.tool_calls and last_message.tool_calls[0]["name"] == "Info":
        return "reflect"
    return "tools"


def route_after_checker(state: State, config: RunnableConfig) -> Literal["__end__", "call_agent_model"]:
    """Schedule the next node after the checker's evaluation."""
    configurable = Configuration.from_runnable_config(config)
    last_message = state.messages[-1]

    if state.loop_step < configurable.max_loops:
        if not state.info or cast(ToolMessage, last_message).status == "error":
            return "call_agent_model"
    return "__end__"


workflow = StateGraph(State, input_schema=InputState, output_schema=OutputState, context_schema=Configuration)
workflow.add_node(call_agent_model)
workflow.add_node(reflect)
workflow.add_node("tools", ToolNode([search]))
workflow.add_edge("__start__", "call_agent_model")
workflow.add_conditional_edges("call_agent_model", route_after_agent)
workflow.add_edge("tools", "call_agent_model")
workflow.add_conditional_edges("reflect", route_after_checker)

graph = workflow.compile()
graph.name = "ResearchTopic"
