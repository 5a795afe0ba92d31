"""What the tests of the graphs share: no key in the environment, no pause between tokens, projects that leave again."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cantata.graphs.gemini import GeminiChat, gemini_chat
from cantata.graphs.model_settings import ModelOptions, ModelSettings
from cantata.graphs.models import aclose_models
from cantata.graphs.registry import GraphRegistry
from tests.graphs.gemini_client import KEY, Client
from tests.graphs.gemini_server import GeminiServer, gemini_server

PROJECTS = Path(__file__).parent.parent / "projects"

# Loaded on the way by some test, and not to be loaded a second time.
_INSTALLED = ("cantata.", "langchain", "langgraph", "pydantic")


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "DEFAULT_MODEL", "GOOGLE_GEMINI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "0")


@pytest.fixture
async def models_closed() -> AsyncIterator[None]:
    """Close the Gemini clients on the loop that opened them."""
    yield
    await aclose_models()


@pytest.fixture
async def google() -> AsyncIterator[GeminiServer]:
    """Run the scripted peer."""
    async with gemini_server() as server:
        yield server


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """Make clients, and close them on the loop that opened their connections."""
    made: list[GeminiChat] = []

    def make(url: str, model: str = "gemini-2.5-flash", **limits: Any) -> GeminiChat:
        chat = gemini_chat(model, ModelOptions(), ModelSettings(gemini_api_key=KEY, gemini_base_url=url, **limits))
        chat.first_retry_seconds = 0.01
        made.append(chat)
        return chat

    yield make
    for chat in made:
        await chat.aclose()


@pytest.fixture
def clean_imports() -> Iterator[None]:
    """Take out of this process again what a project brought: modules, import paths, environment."""
    path, environment, modules = list(sys.path), dict(os.environ), dict(sys.modules)
    yield
    sys.path[:] = path
    os.environ.clear()
    os.environ.update(environment)
    for name in sys.modules.keys() - modules.keys():
        if not name.startswith(_INSTALLED):
            del sys.modules[name]


@pytest.fixture
def load_project(clean_imports: None) -> Callable[[str], GraphRegistry]:
    """Load one of the projects; it is gone after the test."""
    return lambda name: GraphRegistry.load(PROJECTS / name / "langgraph.json")
