"""The assistant: answers anything, with tools for what a model is bad at."""

from cantata.graphs.agent import Agent, Method
from cantata.graphs.tools.calculator import calculator
from cantata.graphs.tools.clock import current_time
from cantata.graphs.tools.find_cases import find_cases

agent = Agent(
    name="assistant",
    description="Answers questions, with tools for sums, the time and customers' cases.",
    prompt=(
        "You are a helpful assistant. Use the tools for every calculation, for the current time and for customers'"
        " cases, several at once when they do not depend on each other. If a tool fails, read its message and try again"
        " or say what is missing. Answer briefly."
    ),
    tools=(calculator, current_time, find_cases),
    methods={
        "delegate": Method(
            "Leads other agents: says who does what, and puts their answers together.",
            "You lead a team. Give each part of the task to the member who is best at it, several at once when they do"
            " not depend on each other, and say why. Who writes or checks a text must be given what the others found."
            " When you have what you need, answer the task yourself.",
        )
    },
)
graph = agent.graph()
