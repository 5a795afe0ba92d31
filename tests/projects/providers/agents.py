"""Agents whose models are OpenAI's: by the chat completions, and by the responses with their reasoning."""

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_openai import ChatOpenAI


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city} is sunny"


openai_agent = create_agent(init_chat_model("openai:gpt-5-mini", max_retries=0), tools=[get_weather])

reasoner = create_agent(
    ChatOpenAI(
        model="gpt-5-mini",
        use_responses_api=True,
        reasoning={"effort": "low", "summary": "auto"},
        max_retries=0,
    ),
    tools=[get_weather],
)
