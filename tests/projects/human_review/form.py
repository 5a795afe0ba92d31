"""A form in one node, which asks again until the answer is right."""

from typing import TypedDict

from langgraph.graph import START, StateGraph
from langgraph.types import interrupt


class Person(TypedDict, total=False):
    name: str
    age: int
    final_response: str


def form(state: Person) -> Person:
    name = interrupt("What is your name?")
    prompt = "How old are you?"
    while True:
        answer = interrupt(prompt)
        if isinstance(answer, int) and answer > 0:
            break
        prompt = f"'{answer}' is no age. How old are you?"
    return {"name": name, "age": answer, "final_response": f"{name}, {answer}"}


graph = StateGraph(Person).add_node(form).add_edge(START, "form").compile()
