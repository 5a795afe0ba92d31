"""State management for the retrieval graph."""

import uuid
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, Optional, Sequence, Union

from langchain_core.documents import Document
from langchain_core.messages import AnyMessage
from langgraph.graph import add_messages


def reduce_docs(
    existing: Optional[Sequence[Document]],
    new: Union[Sequence[Document], Sequence[dict[str, Any]], Sequence[str], str, Literal["delete"]],
) -> Sequence[Document]:
    """Reduce and process documents based on the input type."""
    if new == "delete":
        return []
    if isinstance(new, str):
        return [Document(page_content=new, metadata={"id": str(uuid.uuid4())})]
    return list(existing or []) + list(new)


def add_queries(existing: Sequence[str], new: Sequence[str]) -> Sequence[str]:
    """Combine existing queries with new queries."""
    return list(existing) + list(new)


@dataclass(kw_only=True)
class InputState:
    """Represents the input state for the agent."""

    messages: Annotated[Sequence[AnyMessage], add_messages]


@dataclass(kw_only=True)
class State(InputState):
    """The state of your graph / agent."""

    queries: Annotated[list[str], add_queries] = field(default_factory=list)
    retrieved_docs: Annotated[list[Document], reduce_docs] = field(default_factory=list)
