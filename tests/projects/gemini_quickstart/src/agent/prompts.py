from datetime import datetime

query_writer_instructions = """Write at most {number_queries} web search queries for the topic.
Today is {current_date}.

Topic: {research_topic}"""

web_searcher_instructions = """Search the web for "{research_topic}" and summarise what you find, with sources.
Today is {current_date}."""

reflection_instructions = """Do these summaries tell enough about "{research_topic}"? If not, say what is missing.

Summaries:
{summaries}"""

answer_instructions = """Answer the question from the summaries, with their citations. Today is {current_date}.

Question: {research_topic}

Summaries:
{summaries}"""


def get_current_date() -> str:
    return datetime.now().strftime("%B %d, %Y")
