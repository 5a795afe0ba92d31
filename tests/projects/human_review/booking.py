"""Tools that ask before they do something."""

from fake_model import FakeModel, calls
from langchain.agents import create_agent
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from langgraph.types import interrupt


@tool
def book_hotel(name: str) -> str:
    """Book a hotel."""
    response = interrupt(f"Trying to book the hotel {name}. Please approve or suggest edits.")
    if response["type"] == "accept":
        return f"booked {name}"
    return f"booked {response['args']['name']}"


@tool
async def book_flight(to: str) -> str:
    """Book a flight."""
    response = interrupt(f"Trying to fly to {to}.")
    return f"flying to {to}" if response["type"] == "accept" else "staying"


@tool
def weather(city: str) -> str:
    """Tell the weather."""
    return "fine"


model = FakeModel(
    lines=[
        calls(("book_hotel", {"name": "Ritz"}), ("book_flight", {"to": "Cairo"}), ("weather", {"city": "Cairo"})),
        AIMessage("All is {last}."),
    ]
)
agent = create_agent(model, tools=[book_hotel, book_flight, weather])

one_hotel = FakeModel(lines=[calls(("book_hotel", {"name": "Ritz"})), AIMessage("So I {last}.")])


async def call_model(state: MessagesState) -> dict:
    return {"messages": [await one_hotel.ainvoke(state["messages"])]}


toolnode = (
    StateGraph(MessagesState)
    .add_node(call_model)
    .add_node("tools", ToolNode([book_hotel]))
    .add_edge(START, "call_model")
    .add_conditional_edges("call_model", tools_condition)
    .add_edge("tools", "call_model")
    .compile()
)
