"""A manager that delegates: its model is given a tool for each sub-agent, and reads what they answer.

master ─▶ the sub-agents that it called, at once ─▶ master ─▶ …  until it calls none, or may call no more
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.tools import BaseTool, StructuredTool
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, Send
from pydantic import BaseModel, Field

from cantata.graphs.agent import Agent, StepAgent, with_calls_answered
from cantata.graphs.functions import text_of
from cantata.graphs.shapes.parallel import JOIN, ParallelState, add_join
from cantata.graphs.shapes.state import (
    AnyGraph,
    Role,
    State,
    WorkflowInput,
    WorkflowOutput,
    finished,
    given,
    last_human,
    said_before,
)
from cantata.graphs.shapes.steps import AGENT, Place, add_step, names_of
from cantata.graphs.spec import AgentReference, AgentStep, HierarchicalStep, WorkflowSpec
from cantata.graphs.state import ModelContext, model_call

DELEGATE = "delegate_to_"  # begins the tools' names, by which events tell delegations from other calls


class HierarchicalState(ParallelState, total=False):
    """What the manager and its sub-agents said to each other about this input."""

    conversation: Annotated[list[AnyMessage], add_messages]
    asked: str
    """The id of the human's message that this is about; tells a new question from a manager's next turn."""
    call: ToolCall
    """The delegation that a sub-agent's node is called for."""


class Delegation(BaseModel):
    """What a manager says when it delegates."""

    task: str = Field(description="What the sub-agent is to do, with everything it must know: it sees nothing else.")
    reason: str = Field("", description="Why it is the one to do it.")


def build(spec: HierarchicalStep, place: Place) -> AnyGraph:
    """Compile the manager, its sub-agents and, if wanted, the node that brings their outputs together."""
    builder = StateGraph(
        HierarchicalState, context_schema=ModelContext, input_schema=WorkflowInput, output_schema=WorkflowOutput
    )
    steps = [_step_of(sub) for sub in spec.sub_agents]
    master = place.agents[spec.master.name]
    master_name, *names = names_of([AgentStep(agent=spec.master.name), *steps], taken=[JOIN])
    team = {
        name: _tool(called, name, step, place.agents)
        for name, called, step in zip(names, _tool_names(names), steps, strict=True)
    }
    ending = JOIN if spec.aggregator is not None else END
    builder.add_node(
        master_name,
        _master_node(master_name, _instructions(master, spec.master.method), spec, team, ending),
        metadata={AGENT: master.name},
        destinations=tuple(dict.fromkeys((*names, ending, END))),
    )
    builder.add_edge(START, master_name)
    for name, step in zip(names, steps, strict=True):
        add_step(builder, name, step, _subordinate(name), place)
        builder.add_edge(name, master_name)
    if spec.aggregator is not None:
        add_join(builder, names, spec.aggregator, place)
        builder.add_edge(JOIN, END)
    return builder.compile(name=spec.name or spec.type)


def _master_node(own_name: str, prompt: str, spec: HierarchicalStep, team: Mapping[str, BaseTool], ending: str) -> Any:
    members = {tool.name: name for name, tool in team.items()}
    tools = list(team.values())

    async def master(state: State, runtime: Runtime[ModelContext]) -> Command[Any]:
        start, conversation = _opening(state)
        rounds = sum(isinstance(message, AIMessage) for message in conversation)
        left = spec.max_delegations - sum(isinstance(message, ToolMessage) for message in conversation)
        may_delegate = rounds < spec.max_rounds and left > 0
        model = model_call(runtime, tools, tool_choice=None if may_delegate else "none")
        question = HumanMessage(text_of(start.get("value", state.get("value"))))
        answer = await model.ainvoke(
            [SystemMessage(prompt), *said_before(state), question, *with_calls_answered(conversation)]
        )
        if not (may_delegate and answer.tool_calls):
            last = ending if not start and state.get("results") else END  # there may be nothing to bring together
            return Command(update=_last_word(answer, last), goto=last)
        calls = [call for call in answer.tool_calls if call["name"] in members and call["args"].get("task")][:left]
        told = [answer, *_refusals(answer, calls, members)]
        words = Overwrite(told) if start else told
        sends = [Send(members[call["name"]], {"input": call["args"]["task"], "call": call}) for call in calls]
        return Command(update={**start, "conversation": words}, goto=sends or own_name)

    return master


def _opening(state: State) -> tuple[State, Sequence[AnyMessage]]:
    """Tell a new question from the next turn about the same one: what it sets in the state, and what was said."""
    asked = last_human(state)
    asked_id = (asked.id or "") if asked is not None else ""
    if "input" not in state and state.get("asked") == asked_id:
        return {}, state.get("conversation") or []
    return {"value": given(state), "asked": asked_id, "results": Overwrite({})}, []


def _last_word(answer: AIMessage, ending: str) -> State:
    cleared = {"conversation": Overwrite([]), "asked": None}
    return cleared if ending == JOIN else {**cleared, **finished(str(answer.text)), "results": Overwrite({})}


def _refusals(answer: AIMessage, calls: Sequence[ToolCall], members: Mapping[str, str]) -> list[ToolMessage]:
    taken = {call["id"] for call in calls}
    return [
        ToolMessage(f"This was not delegated: {_why_not(call, members)}.", tool_call_id=call["id"], status="error")
        for call in answer.tool_calls
        if call["id"] not in taken
    ]


def _why_not(call: ToolCall, members: Mapping[str, str]) -> str:
    if call["name"] not in members:
        return f"there is no {call['name']}, only {', '.join(members)}"
    return "the limit is reached" if call["args"].get("task") else "say the `task`"


def _subordinate(name: str) -> Role:
    def finish(state: State, value: Any) -> State:
        answer = ToolMessage(text_of(value), name=state["call"]["name"], tool_call_id=state["call"]["id"])
        return {"conversation": [answer], "results": {name: value}}

    def recover(state: State, error: Exception) -> State:
        told = f"{name} failed: {type(error).__name__}: {error}"
        call = state["call"]
        return {"conversation": [ToolMessage(told, name=call["name"], tool_call_id=call["id"], status="error")]}

    return Role(finish, given, recover=recover)


def _step_of(sub: WorkflowSpec | AgentReference) -> WorkflowSpec:
    if isinstance(sub, AgentReference):
        return AgentStep(agent=sub.name, method=sub.method or "run")
    return sub


def _tool_names(names: Sequence[str]) -> list[str]:
    """Name the tools as every provider takes it: without dots, up to 64 characters, each name once."""
    taken: list[str] = []
    for number, name in enumerate(names):
        called = (DELEGATE + name.replace(".", "_"))[:60]
        taken.append(called if called not in taken else f"{called}_{number}")
    return taken


def _tool(called: str, name: str, step: WorkflowSpec, agents: Mapping[str, StepAgent]) -> BaseTool:
    described = getattr(agents.get(step.agent), "description", "") if isinstance(step, AgentStep) else ""

    async def delegate(task: str, reason: str = "") -> str:
        raise NotImplementedError  # the manager's node takes the calls itself

    return StructuredTool.from_function(
        coroutine=delegate,
        name=called,
        description=f"Delegate to {name}. {described}".strip(),
        args_schema=Delegation,
    )


def _instructions(master: StepAgent, method: str | None) -> str:
    if not isinstance(master, Agent):
        return f"You are {master.name}, and you lead a team. Delegate what the task needs, then answer it yourself."
    wanted = method if method is not None else ("delegate" if "delegate" in master.method_names else "run")
    return master.instructions(wanted)
