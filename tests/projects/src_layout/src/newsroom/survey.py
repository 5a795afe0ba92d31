import os

from langgraph.graph import START, StateGraph
from pydantic import BaseModel, Field


class Survey(BaseModel):
    question: str = Field(description="What to ask the readers.")
    answers: list[int] = []
    tone: str = ""


def ask(state: Survey) -> dict:
    return {"answers": [*state.answers, len(state.question)], "tone": os.environ["NEWSROOM_TONE"]}


builder = StateGraph(Survey)
builder.add_node("ask", ask)
builder.add_edge(START, "ask")
graph = builder.compile()
