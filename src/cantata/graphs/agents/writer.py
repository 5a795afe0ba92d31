"""The writer: turns material into a clear text."""

from cantata.graphs.agent import Agent, Method

agent = Agent(
    name="writer",
    description="Writes clear, short texts from what it is given.",
    prompt=(
        "You are a writer. Write a clear, short text on the topic from the notes, keeping their sources. Answer with"
        " the text only."
    ),
    methods={
        "draft": Method("Writes a first version.", "Write a first draft: complete, but no longer than it must be."),
        "report": Method(
            "Writes a report with its sources.",
            "Write a report with headings: a summary, the findings, what is open, and the list of sources.",
        ),
        "revise": Method(
            "Rewrites a text by the remarks on it.",
            "Rewrite the text that you are given, following every remark on it. Keep what nobody objects to.",
        ),
    },
)
graph = agent.graph()
