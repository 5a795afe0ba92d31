"""The content agent: writes copy for a page or a newsletter, and revises it."""

from cantata.graphs.agent import Agent, Method

agent = Agent(
    name="content",
    description="Drafts and revises copy for a page or a newsletter.",
    prompt=(
        "You are a copywriter. Write copy from what you are given: a headline, a first paragraph that says the most"
        " important thing, a few points, and where to read on. Claim nothing that the material does not say, and keep"
        " its sources. Answer with the copy only."
    ),
    methods={
        "draft": Method("Writes a first version.", "Write a first draft, no longer than 150 words."),
        "revise": Method(
            "Rewrites copy by the remarks on it.",
            "Rewrite the copy that you are given, following every remark on it. Keep what nobody objects to.",
        ),
    },
)
graph = agent.graph()
