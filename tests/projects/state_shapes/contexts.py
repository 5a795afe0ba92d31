"""Three ways to say who asks."""

from dataclasses import dataclass
from typing import TypedDict

from langgraph.graph import START, StateGraph
from langgraph.runtime import Runtime, get_runtime
from pydantic import BaseModel


class State(TypedDict, total=False):
    final_response: str


@dataclass
class Person:
    name: str = "nobody"
    age: int = 0


class Account(BaseModel):
    name: str
    age: int = 0


class Badge(TypedDict, total=False):
    name: str
    age: int


def greet_person(state: State, runtime: Runtime[Person]) -> dict:
    return {"final_response": f"{type(runtime.context).__name__} {runtime.context.name}, {runtime.context.age + 1}"}


async def greet_account(state: State) -> dict:
    account = get_runtime(Account).context
    return {"final_response": f"{type(account).__name__} {account.name}, {account.age + 1}"}


def greet_badge(state: State, runtime: Runtime[Badge]) -> dict:
    return {"final_response": f"{runtime.context['name']}, {runtime.context['age'] + 1}"}


def graph(schema, node):
    return StateGraph(State, context_schema=schema).add_node(node).add_edge(START, node.__name__).compile()


with_dataclass = graph(Person, greet_person)
with_pydantic = graph(Account, greet_account)
with_typed_dict = graph(Badge, greet_badge)
