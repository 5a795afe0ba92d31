"""What the tests of the graphs share: no key in the environment, no pause between tokens, projects that leave again."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from cantata.graphs.models import aclose_models
from cantata.graphs.registry import GraphRegistry

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
