"""The same small conversation with three kinds of state."""

import operator
from dataclasses import dataclass, field
from typing import Annotated

from langchain_core.messages import AIMessage, AnyMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import interrupt
from pydantic import BaseModel, Field, field_validator


def compiled(schema, *nodes):
    builder = StateGraph(schema)
    builder.add_sequence(nodes)
    builder.add_edge(START, nodes[0].__name__)
    return builder.compile()


@dataclass(kw_only=True)
class Draft:
    topic: str
    lines: Annotated[list[str], operator.add] = field(default_factory=list)
    final_response: str = ""


def write(state: Draft) -> dict:
    return {"lines": [f"On {state.topic}"]}


def ask(state: Draft) -> dict:
    return {"lines": [interrupt({"so_far": state.lines})]}


async def close(state: Draft) -> dict:
    return {"final_response": "; ".join(state.lines)}


as_dataclass = compiled(Draft, write, ask, close)


class Ticket(BaseModel):
    title: str
    votes: int = Field(default=0, ge=0)
    tags: Annotated[list[str], operator.add] = []
    final_response: str = ""

    @field_validator("title")
    @classmethod
    def tidy(cls, value: str) -> str:
        return value.strip()


def vote(state: Ticket) -> dict:
    return {"votes": state.votes + 1, "tags": ["voted"]}


def confirm(state: Ticket) -> dict:
    return {"tags": [interrupt({"ticket": state})]}


def settle(state: Ticket) -> Ticket:
    return Ticket(title=state.title, final_response=f"{state.title}: {state.votes} ({', '.join(state.tags)})")


as_pydantic = compiled(Ticket, vote, confirm, settle)


def newest_three(left: list[AnyMessage], right: list[AnyMessage]) -> list[AnyMessage]:
    return add_messages(left, right)[-3:]


class Chat(MessagesState):
    messages: Annotated[list[AnyMessage], newest_three]
    mood: Annotated[str, lambda old, new: f"{old} {new}".strip()]


def answer(state: Chat) -> dict:
    return {"messages": [AIMessage(f"I heard {len(state['messages'])} messages.")], "mood": "calm"}


as_messages = compiled(Chat, answer)
