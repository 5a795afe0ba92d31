"""The reviewer: checks a text and gives it back better, or says what to change."""

from cantata.graphs.agent import Agent, Method

agent = Agent(
    name="reviewer",
    description="Checks a text against its topic and its notes, and corrects it.",
    prompt=(
        "You are a reviewer. Check the draft against the topic and the notes, as far as you are given them, and correct"
        " it. Keep its sources. Answer with the final text only."
    ),
    methods={
        "critique": Method(
            "Says what to change, and changes nothing.",
            "Do not rewrite the text: under 'Remarks:' list what is wrong, unclear or missing, what matters most first;"
            " then repeat the text as it is under 'Text:', for whoever is to revise it.",
        )
    },
)
graph = agent.graph()
