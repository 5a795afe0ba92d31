"""A state full of objects, each of which must be itself again after a break."""

import operator
import uuid
from collections import deque
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address
from pathlib import Path
from typing import Annotated, TypedDict

from langchain_core.documents import Document
from langgraph.graph import START, StateGraph
from langgraph.types import Send, interrupt
from models import Address, Gift, Item, Order, Parcel, Priority, Size


class State(TypedDict, total=False):
    when: datetime
    day: date
    pause: timedelta
    id: uuid.UUID
    price: Decimal
    size: Size
    priority: Priority
    order: Order
    item: Item
    address: Address
    parcels: Sequence[Parcel]
    seen: set[str]
    queue: deque[int]
    host: IPv4Address
    place: Path
    documents: list[Document]
    checked: Annotated[list[str], operator.add]
    final_response: str


def fill(state: State) -> dict:
    gift = Gift(name="book", size=Size.LARGE)
    return {
        "when": datetime(2026, 1, 31, 9, 26, tzinfo=timezone.utc),
        "day": date(2026, 1, 31),
        "pause": timedelta(minutes=5),
        "id": uuid.UUID(int=7),
        "price": Decimal("1.10"),
        "size": Size.SMALL,
        "priority": Priority.HIGH,
        "order": Order(items=[gift], address=Address("Main St", ["2nd floor"])),
        "item": gift,
        "address": Address("Side St"),
        "parcels": [Parcel(gift, 1.5)],
        "seen": {"a", "b"},
        "queue": deque([1, 2]),
        "host": IPv4Address("10.0.0.1"),
        "place": Path("/tmp/x"),
        "documents": [Document("text", metadata={"page": 1})],
    }


def ask(state: State) -> dict:
    interrupt({"about": state["item"]})
    return {}


def fan_out(state: State) -> list[Send]:
    return [Send("check", {"name": name, "value": state[name]}) for name in sorted(state) if name != "checked"]


def check(given: dict) -> dict:
    return {"checked": [f"{given['name']}: {type(given['value']).__name__}"]}


def close(state: State) -> dict:
    parcel, gift = state["parcels"][0], state["item"]
    return {"final_response": f"{gift.ribbon} {gift.size.value} {parcel.item.name} {state['order'].address.lines[0]}"}


graph = (
    StateGraph(State)
    .add_node(fill)
    .add_node(ask)
    .add_node(check)
    .add_node(close)
    .add_edge(START, "fill")
    .add_edge("fill", "ask")
    .add_conditional_edges("ask", fan_out, ["check"])
    .add_edge("check", "close")
    .compile()
)
