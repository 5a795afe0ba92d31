import operator
from dataclasses import dataclass, field
from typing import Annotated


@dataclass
class Story:
    topic: str
    words: int = 50
    lines: Annotated[list[str], operator.add] = field(default_factory=list)
    final_response: str = ""


@dataclass
class Desk:
    editor: str = "Nadia"
    model: str | None = None
