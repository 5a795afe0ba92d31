"""A real browser, a real server, and pages that fail their test when anything goes wrong inside them.

Playwright's asynchronous API throughout: the synchronous one leaves a running loop behind, and the other asynchronous
tests of the process could not start. The browser lives as long as a module's tests, and so does its loop.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.browser.chromium import chromium, libraries
from tests.browser.visits import WAIT_MS, Visits
from tests.server_process import ServerProcess

PROJECT = Path(__file__).parent / "project/langgraph.json"

expect.set_options(timeout=WAIT_MS)

Fresh = Callable[..., ServerProcess]


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Start the browser."""
    program = chromium()
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=program, args=arguments, env={**os.environ, **libraries(program)}
        )
        yield launched
        await launched.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with the graphs that put the page to the test, beside its own."""
    process = ServerProcess(tmp_path_factory.mktemp("page"), PROJECT, OFFLINE_DEMO_TOKEN_DELAY_MS="2")
    yield process.start()
    process.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Fresh]:
    """Make servers, not yet started, that are gone when the test ends."""
    made: list[ServerProcess] = []

    def make(config: Path | None = PROJECT, **settings: str) -> ServerProcess:
        made.append(ServerProcess(tmp_path / f"server{len(made)}", config, **settings))
        return made[-1]

    yield make
    for process in made:
        process.close()


@pytest.fixture
async def visits(browser: Browser, fresh: Fresh) -> AsyncIterator[Visits]:
    """Give pages that are closed with the test, which fails if one of them had to complain.

    They are closed before the servers that a test has made: a page may still be asking for something then.
    """
    opened = Visits(browser)
    yield opened
    await opened.close()
    assert opened.faults == []
