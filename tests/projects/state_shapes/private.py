"""What goes in, what comes out, and what only two nodes know."""

import os
import time
from typing import TypedDict

from langgraph.graph import END, START, StateGraph

WORK_SECONDS = float(os.environ.get("WORK_SECONDS", "0"))


class Question(TypedDict):
    question: str


class Answer(TypedDict):
    answer: str


class Overall(Question, Answer):
    words: int


class Secret(TypedDict):
    combination: str


def look(state: Question) -> Secret:
    return {"combination": f"{len(state['question'])}-{len(state['question'].split())}"}


def use(state: Secret) -> Overall:
    time.sleep(WORK_SECONDS)
    return {"words": int(state["combination"].split("-")[1])}


def reply(state: Overall) -> Answer:
    return {"answer": f"{state['words']} words"}


builder = StateGraph(Overall, input_schema=Question, output_schema=Answer)
builder.add_node(look)
builder.add_node(use)
builder.add_node(reply)
builder.add_edge(START, "look")
builder.add_edge("look", "use")
builder.add_edge("use", "reply")
builder.add_edge("reply", END)
graph = builder.compile()
