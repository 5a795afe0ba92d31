"""What an agent is: a prompt, tools, and named methods, compiled to a loop of model and tools.

An agent's file in `agents/` makes one and exports its graph; see docs/agents.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Protocol

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool, ToolException
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.prebuilt import ToolNode
from langgraph.prebuilt.tool_node import ToolInvocationError
from langgraph.pregel import Pregel
from langgraph.runtime import Runtime

from cantata.graphs.state import ChatState, ModelContext, model_call

MAX_TOOL_ROUNDS = 10  # per human message; then the model must answer with what it has
EVERYWHERE = ("run", "execute")  # two names of the same method, which every agent has

AgentGraph = CompiledStateGraph[ChatState, ModelContext, ChatState, ChatState]


class StepAgent(Protocol):
    """An agent that a step can use."""

    @property
    def name(self) -> str:
        """Its name in specs."""
        ...

    @property
    def method_names(self) -> Sequence[str]:
        """Its methods."""
        ...

    def graph(self, method: str = "run") -> Pregel[Any, Any, Any, Any]:
        """Give the graph of a method; its state has `messages`."""
        ...


@dataclass(frozen=True)
class Method:
    """A named way to use an agent."""

    description: str
    instruction: str = ""
    """What the agent is told beside its own prompt."""


@dataclass(frozen=True, eq=False)
class Agent:
    """A model with a task. Holds no state: every run of it has its own."""

    name: str
    description: str
    prompt: str
    tools: tuple[BaseTool, ...] = ()
    methods: Mapping[str, Method] = field(default_factory=dict)
    """Beside `run` and `execute`."""

    @property
    def method_names(self) -> Sequence[str]:
        """Its methods, those that every agent has first."""
        return (*EVERYWHERE, *self.methods)

    @property
    def tool_names(self) -> Sequence[str]:
        """Its tools."""
        return tuple(tool.name for tool in self.tools)

    def instructions(self, method: str = "run") -> str:
        """Give the system prompt of a method.

        Raises:
            KeyError: it has no such method.
        """
        own = "" if method in EVERYWHERE else self.methods[method].instruction
        return f"{self.prompt}\n\n{own}".rstrip()

    def graph(self, method: str = "run") -> AgentGraph:
        """Compile the loop of model and tools, once for each method. No checkpointer: whoever runs it attaches one.

        Raises:
            KeyError: it has no such method.
        """
        return _compiled(self, method)


@dataclass(frozen=True, eq=False)
class GraphAgent:
    """A graph of any project that holds a conversation, used as an agent."""

    name: str
    description: str
    compiled: Pregel[Any, Any, Any, Any]
    method_names: Sequence[str] = EVERYWHERE
    tool_names: Sequence[str] = ()

    def graph(self, method: str = "run") -> Pregel[Any, Any, Any, Any]:
        """Give the graph."""
        return self.compiled


@lru_cache(maxsize=1024)
def _compiled(agent: Agent, method: str) -> AgentGraph:
    loop = _Loop(agent.instructions(method), agent.tools)
    builder = StateGraph(ChatState, context_schema=ModelContext).add_node("model", loop.call_model)
    builder.add_edge(START, "model")
    if not agent.tools:
        return builder.add_edge("model", END).compile(name=agent.name)
    builder.add_node("tools", ToolNode(agent.tools, handle_tool_errors=describe_tool_error))
    return builder.add_conditional_edges("model", next_node).add_edge("tools", "model").compile(name=agent.name)


@dataclass(frozen=True)
class _Loop:
    prompt: str
    tools: tuple[BaseTool, ...]

    async def call_model(self, state: ChatState, runtime: Runtime[ModelContext]) -> dict[str, Any]:
        """Let the model answer or ask for tools."""
        messages = state["messages"]
        choice = "none" if self.tools and tool_rounds(messages) >= MAX_TOOL_ROUNDS else None
        model = model_call(runtime, self.tools, tool_choice=choice)
        answer = await model.ainvoke([SystemMessage(self.prompt), *with_calls_answered(messages)])
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
