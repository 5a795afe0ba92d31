"""Three agents in a row: a researcher takes notes, a writer drafts, a reviewer gives the final text."""

from typing import Annotated, Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, SystemMessage
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from typing_extensions import TypedDict  # pydantic refuses typing.TypedDict below Python 3.12

from cantata.graphs.state import ChatState, ModelContext, model_call

AGENT = "lc_agent_name"  # the metadata key by which LangChain's own agents say who speaks
RESEARCHER = (
    "You are a researcher. Take short notes on what the user asks for: the facts a writer needs, in bullets."
    " Mark what is uncertain. Do not write the text itself."
)
WRITER = "You are a writer. Write a clear, short text on the topic from the notes. Answer with the text only."
REVIEWER = (
    "You are a reviewer. Check the draft against the topic and the notes, and correct it."
    " Answer with the final text only."
)


class SequentialState(TypedDict, total=False):
    """The conversation and what each stage gave; `messages` takes the final text, not the notes."""

    messages: Annotated[list[AnyMessage], add_messages]
    research: str
    draft: str
    final_response: str


Sequential = CompiledStateGraph[SequentialState, ModelContext, ChatState, SequentialState]


def build() -> Sequential:
    """Compile the three stages. No checkpointer: whoever runs it attaches one."""
    return (
        StateGraph(SequentialState, context_schema=ModelContext, input_schema=ChatState)
        .add_node("researcher", research, metadata={AGENT: "researcher"})
        .add_node("writer", write, metadata={AGENT: "writer"})
        .add_node("reviewer", review, metadata={AGENT: "reviewer"})
        .add_edge(START, "researcher")
        .add_edge("researcher", "writer")
        .add_edge("writer", "reviewer")
        .add_edge("reviewer", END)
        .compile(name="sequential")
    )


async def research(state: SequentialState, runtime: Runtime[ModelContext]) -> dict[str, Any]:
    """Take notes; it alone reads the whole conversation."""
    notes = await _ask(runtime, RESEARCHER, *state["messages"])
    return {"research": str(notes.text)}


async def write(state: SequentialState, runtime: Runtime[ModelContext]) -> dict[str, Any]:
    """Draft from the notes."""
    draft = await _ask(runtime, WRITER, HumanMessage(_sections(state, "research")))
    return {"draft": str(draft.text)}


async def review(state: SequentialState, runtime: Runtime[ModelContext]) -> dict[str, Any]:
    """Give the final text."""
    final = await _ask(runtime, REVIEWER, HumanMessage(_sections(state, "research", "draft")))
    return {"final_response": str(final.text), "messages": [final]}


async def _ask(runtime: Runtime[ModelContext], role: str, *messages: AnyMessage) -> AIMessage:
    return await model_call(runtime).ainvoke([SystemMessage(role), *messages])


def _sections(state: SequentialState, *stages: str) -> str:
    asked = [message.text for message in state["messages"] if isinstance(message, HumanMessage)]
    titles = {"research": "Notes", "draft": "Draft"}
    texts = {"research": state.get("research", ""), "draft": state.get("draft", "")}
    parts = [
        f"Topic: {asked[-1] if asked else ''}",
        *(f"{titles[stage]}:\n{texts[stage]}" for stage in stages),
    ]
    return "\n\n".join(parts)


graph = build()
