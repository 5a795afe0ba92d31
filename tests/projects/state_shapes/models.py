"""What a shop deals in."""

import enum
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, Field


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Priority(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Item(BaseModel):
    name: str
    size: Size = Size.SMALL
    price: Decimal = Decimal("9.95")


class Gift(Item):
    ribbon: str = "red"


@dataclass
class Address:
    street: str
    lines: list[str] = field(default_factory=list)


class Parcel(NamedTuple):
    item: Item
    weight: float


class Order(BaseModel):
    items: list[Item] = Field(default_factory=list)
    address: Address | None = None
