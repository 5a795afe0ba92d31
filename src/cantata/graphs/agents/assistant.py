"""The assistant: a model that may call tools until it can answer."""

from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool, ToolException
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolInvocationError
from langgraph.runtime import Runtime

from cantata.graphs.state import ChatState, ModelContext, model_call
from cantata.graphs.tools.calculator import calculator
from cantata.graphs.tools.clock import current_time

PROMPT = (
    "You are a helpful assistant. Use the tools for every calculation and for the current time, several at once when"
    " they do not depend on each other. If a tool fails, read its message and try again or say what is missing."
    " Answer briefly."
)
TOOLS: tuple[BaseTool, ...] = (calculator, current_time)

MAX_TOOL_ROUNDS = 10  # per human message; then the model must answer with what it has

Assistant = CompiledStateGraph[ChatState, ModelContext, ChatState, ChatState]


def build() -> Assistant:
    """Compile the loop of model and tools. No checkpointer: whoever runs it attaches one."""
    return (
        StateGraph(ChatState, context_schema=ModelContext)
        .add_node("model", call_model)
        .add_node("tools", ToolNode(TOOLS, handle_tool_errors=describe_tool_error))
        .add_edge(START, "model")
        .add_conditional_edges("model", next_node)
        .add_edge("tools", "model")
        .compile(name="assistant")
    )


async def call_model(state: ChatState, runtime: Runtime[ModelContext]) -> dict[str, Any]:
    """Let the model answer or ask for tools."""
    messages = state["messages"]
    choice = "none" if tool_rounds(messages) >= MAX_TOOL_ROUNDS else None
    model = model_call(runtime, TOOLS, tool_choice=choice)
    answer = await model.ainvoke([SystemMessage(PROMPT), *with_calls_answered(messages)])
    return {"messages": [answer]}


def next_node(state: ChatState) -> Literal["tools", "__end__"]:
    """Go on with the tools while the model asks for them."""
    last = state["messages"][-1]
    return "tools" if isinstance(last, AIMessage) and last.tool_calls else "__end__"


def describe_tool_error(error: Exception) -> str:
    """Tell the model what went wrong in a sentence it can act on."""
    is_sentence = isinstance(error, ToolException | ToolInvocationError)
    return str(error) if is_sentence else f"{type(error).__name__}: {error}"


def tool_rounds(messages: Sequence[AnyMessage]) -> int:
    """Count the rounds of tool calls since the human last spoke."""
    rounds = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        rounds += isinstance(message, AIMessage) and bool(message.tool_calls)
    return rounds


def with_calls_answered(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Answer calls that never got a result, as after a cancelled run; a provider refuses the conversation otherwise."""
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    complete: list[AnyMessage] = []
    for message in messages:
        complete.append(message)
        if isinstance(message, AIMessage):
            complete += [
                ToolMessage("This call was cancelled.", name=call["name"], tool_call_id=call["id"], status="error")
                for call in message.tool_calls
                if call["id"] not in answered
            ]
    return complete


graph = build()
