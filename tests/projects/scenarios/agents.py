"""Small agents: a scripted model, a few tools, and the usual loop between them."""

import asyncio
from typing import Any

from desk import gate, note
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import ToolException, tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from scripted import ScriptedModel


@tool
async def population(city: str) -> str:
    """Tell how many people live in a city."""
    return f"{city}: 3 million"


@tool
async def weather(city: str) -> str:
    """Tell the weather in a city."""
    await asyncio.sleep(0.1)
    return f"{city}: fine"


@tool
async def broken(city: str) -> str:
    """Fail."""
    raise ToolException(f"no such city: {city}")


@tool
async def patience(key: str) -> str:
    """Wait until somebody opens the gate."""
    note(key, "patience")
    await gate(key)
    return "the gate is open"


def agent(script: Any, *tools: Any) -> Any:
    """Make the loop of model and tools; `script` makes the model's turns out of the conversation."""

    async def model(state: MessagesState) -> dict:
        said = state["messages"]
        question = max(n for n, message in enumerate(said) if isinstance(message, HumanMessage))
        note(said[question].text, "model")
        turn = sum(isinstance(message, ToolMessage) for message in said[question:]) > 0
        return {"messages": [await ScriptedModel(scripts=script(said), turn=int(turn)).ainvoke(said)]}

    builder = StateGraph(MessagesState).add_node("model", model).add_edge(START, "model")
    if tools:
        builder.add_node("tools", ToolNode(tools, handle_tool_errors=True))
        builder.add_conditional_edges("model", tools_condition).add_edge("tools", "model")
    return builder.compile()


def last_question(said: Any) -> str:
    return next(message.text for message in reversed(said) if isinstance(message, HumanMessage))


two_tools = agent(
    lambda said: [
        [
            "Let me look.",
            {"name": "population", "args": '{"city": "Cairo"}'},
            {"name": "weather", "args": '{"city": "Cairo"}'},
        ],
        ["Three million people enjoy fine weather."],
    ],
    population,
    weather,
)
tool_error = agent(
    lambda said: [[{"name": "broken", "args": '{"city": "Atlantis"}'}], ["I could not find it."]], broken
)
model_error = agent(lambda said: [["This is the", RuntimeError("the provider hung up")]])
slow_tokens = agent(lambda said: [["one two three", ("gate", last_question(said)), "four five six"]])


def patient(said: Any) -> list:
    """Call the slow tool at the first question; at a later one tell what became of it."""
    told = [message.text for message in said if isinstance(message, ToolMessage)]
    questions = sum(isinstance(message, HumanMessage) for message in said)
    if questions > 1:
        return [[f"Before, the tool said: {' '.join(told)}"]]
    args = f'{{"key": "{last_question(said)}"}}'
    return [[{"name": "patience", "args": args}], [f"The tool said: {' '.join(told)}"]]


slow_tool = agent(patient, patience)


def words(said: Any) -> list:
    """Say as many words as the question asks for: `<key> <count> <pause in seconds>`."""
    _, count, pause = last_question(said).split()
    return [[("pause", float(pause)), " ".join(f"word{n}" for n in range(int(count)))]]


flood = agent(words)
