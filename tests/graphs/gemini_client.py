"""The real Gemini client for tests, pointed at a server of theirs."""

from collections.abc import Callable
from functools import reduce

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessageChunk

from cantata.graphs.gemini import GeminiChat

Client = Callable[..., GeminiChat]
"""Makes a client: the address, the model, and limits as in `ModelSettings`."""

KEY = "AIzaVerySecretKey"


async def answer_of(chat: GeminiChat, prompt: LanguageModelInput = "hello there my friend") -> AIMessageChunk:
    """Stream an answer and fold it as LangChain does."""
    chunks = [chunk async for chunk in chat.astream(prompt) if isinstance(chunk, AIMessageChunk)]
    return reduce(lambda left, right: left + right, chunks)
