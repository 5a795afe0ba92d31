"""The communications agent: finds customers' cases and messages in the sample case database."""

from cantata.graphs.agent import Agent, Method
from cantata.graphs.tools.find_cases import find_cases
from cantata.graphs.tools.find_messages import find_messages

agent = Agent(
    name="communications",
    description="Finds customers' cases and the messages in them.",
    prompt=(
        "You look after a support desk. Find customers' cases and messages with the tools, and answer with the ids of"
        " the cases, their status and what was said last. People whose names are only alike are other people: name them"
        " apart. Say so when nothing is found."
    ),
    tools=(find_cases, find_messages),
    methods={
        "history": Method(
            "Tells what was said in a case.",
            "Always call find_messages before you answer. Tell what was said, in order, and who must answer next.",
        ),
    },
)
graph = agent.graph()
