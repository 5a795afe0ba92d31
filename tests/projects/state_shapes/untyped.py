"""Objects that no schema names: in a loose state, and between the tasks of a function."""

from typing import Any, TypedDict

from langgraph.func import entrypoint, task
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from models import Address, Gift, Parcel, Size


class State(TypedDict, total=False):
    thing: Any
    things: dict
    final_response: str


def make(state: State) -> dict:
    return {"thing": Gift(name="vase"), "things": {"home": Address("Main St"), "size": Size.LARGE}}


def ask(state: State) -> dict:
    interrupt("Ship it?")
    return {}


def ship(state: State) -> dict:
    return {"final_response": f"{state['thing'].ribbon} to {state['things']['home'].street}, {state['things']['size']}"}


builder = StateGraph(State)
builder.add_sequence([make, ask, ship])
builder.add_edge(START, "make")
graph = builder.compile()


@task
def pack(name: str):
    return Parcel(Gift(name=name, size=Size.LARGE), 2.0)


@task
async def label(parcel: Parcel):
    return Address(f"{parcel.item.name} road")


@entrypoint()
async def workflow(request: dict) -> dict:
    parcel = await pack(request["name"])
    address = await label(parcel)
    interrupt("Ship it?")
    return {"final_response": f"{parcel.item.size.value} {parcel.item.ribbon} {parcel.weight} to {address.street}"}
