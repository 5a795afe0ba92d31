"""The pictures of docs/images: each scene is reached in every test run, and kept where SCREENSHOTS names a folder."""

import os
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.visits import OFFLINE, Visits
from tests.server_process import ROOT, ServerProcess

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"}
WIDE = DESKTOP | {"viewport": {"width": 1240, "height": 700}}
DARK = DESKTOP | {"color_scheme": "dark"}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 1.75,
    "is_mobile": True,
    "has_touch": True,
    "color_scheme": "light",
}
QUESTION = "What is 17*23, and what time is it in Cairo?"
LARGEST_BYTES = 250_000  # of a picture in the repository

Keep = Callable[[Page, str], Awaitable[None]]


@pytest.fixture
def keep(tmp_path: Path) -> Keep:
    """Take a picture; one that is too large for a repository fails."""
    folder = ROOT / os.environ["SCREENSHOTS"] if "SCREENSHOTS" in os.environ else tmp_path

    async def taken(page: Page, name: str) -> None:
        whole = page.get_by_label("Model").first.or_(page.get_by_role("region", name="Operations"))
        await expect(whole.first).to_be_visible()
        await page.mouse.move(0, 0)
        file = folder / f"{name}.png"
        await page.screenshot(path=file, animations="disabled", caret="hide")
        assert file.stat().st_size <= LARGEST_BYTES

    return taken


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Run a server with a past of its own."""
    process = ServerProcess(tmp_path_factory.mktemp("pictures"), None)
    yield process.start()
    process.close()


@pytest.fixture(scope="module")
def talk(server: ServerProcess) -> str:
    """Hold some conversations; return the address of the last one."""
    server.waited("/api/workflows", {"graph": "research_report", "input": "Write a report about tea"})
    server.waited("/chat", {"message": "Find cases for John Smith", "agent": "communications"})
    server.waited("/chat", {"message": "What is 12.5% of 840?"})
    server.waited("/chat", {"message": QUESTION, "session_id": "answered"})
    return "/#/s/answered"


async def opened_tools(visits: Visits, address: str, window: dict[str, Any]) -> Chat:
    """Open a conversation and look at what its tools did."""
    chat = Chat(await visits.open(address, **window))
    await chat.turn(0).get_by_role("button", name="used 2 tools").click()
    await chat.turn(0).get_by_role("button", name="calculator").click()
    return chat


@pytest.mark.parametrize(("name", "window"), [("light", DESKTOP), ("dark", DARK), ("phone", PHONE)])
async def test_a_conversation(
    visits: Visits, server: ServerProcess, talk: str, keep: Keep, name: str, window: dict[str, Any]
) -> None:
    chat = await opened_tools(visits, server.url + talk, window)

    await keep(chat.page, f"conversation-{name}")


async def test_the_start(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    chat = Chat(await visits.open(server.url, **DESKTOP))
    await expect(chat.conversations.get_by_role("link", name=QUESTION)).to_be_visible()

    await keep(chat.page, "start")


async def test_parallel_lanes(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    visits.expect(OFFLINE)  # the server is gone before its page
    server.terminate()
    server.start(OFFLINE_DEMO_TOKEN_DELAY_MS="30")
    chat = Chat(await visits.open(server.url, **DESKTOP))
    await chat.button("Run agents side by side").click()
    await expect(chat.turn(0).get_by_role("group", name=re.compile("^Lane "))).to_have_count(3)
    await expect(chat.turn(0).get_by_role("group", name=re.compile("^Lane ")).first).to_contain_text("Rome")

    await keep(chat.page, "lanes")
    server.kill()
    server.start(OFFLINE_DEMO_TOKEN_DELAY_MS="0")


async def test_nested_agents(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    chat = Chat(await visits.open(server.url, **DESKTOP))
    server.started("hierarchical", "Tell me about lighthouses", session_id="nested")
    await chat.page.goto(f"{server.url}/#/s/nested")
    await chat.ended()
    for step in ("Step researcher", "Step writer draft"):
        await chat.turn(0).get_by_role("group", name=step).get_by_role("button").first.click()
    await chat.turn(0).evaluate("(turn) => turn.scrollIntoView()")

    await keep(chat.page, "nested")


async def test_an_approval(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    chat = Chat(await visits.open(server.url, **DESKTOP))
    await chat.button("Be asked before it goes on").click()
    await expect(chat.turn(0).get_by_role("button", name="Accept")).to_be_visible()

    await keep(chat.page, "approval")


@pytest.mark.parametrize("panel", ["Graph", "Waterfall"])
async def test_a_panel(visits: Visits, server: ServerProcess, talk: str, keep: Keep, panel: str) -> None:
    body = {"graph": "trip_planner", "input": "Plan three days in Rome from Cairo in October", "session_id": "trip"}
    server.waited("/api/workflows", body)
    chat = Chat(await visits.open(f"{server.url}/#/s/trip", **WIDE))
    await chat.page.get_by_role("group", name="Panels").get_by_role("button", name=panel).click()
    await expect(chat.page.get_by_role("tabpanel", name=panel)).to_be_visible()
    await expect(chat.page.get_by_role("tabpanel").get_by_text("Loading")).to_have_count(0)

    await keep(chat.page, panel.lower())


async def test_the_checkpoints(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    chat = Chat(await visits.open(server.url + talk, **WIDE))
    await chat.page.get_by_role("group", name="Panels").get_by_role("button", name="Checkpoints").click()
    checkpoint = chat.page.get_by_role("tabpanel").locator("ol > li").filter(has_text="then model").first
    await checkpoint.locator("summary").first.click()
    await expect(checkpoint.get_by_role("button", name="Run again from here")).to_be_visible()

    await keep(chat.page, "checkpoints")


async def test_the_composer(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    page = await visits.open(f"{server.url}/#/compose", **WIDE)
    await expect(page.get_by_role("list", name=re.compile("^The graph .*: its nodes$"))).to_be_attached()

    await keep(page, "composer")


async def test_what_an_operator_sees(visits: Visits, server: ServerProcess, talk: str, keep: Keep) -> None:
    visits.expect(OFFLINE)
    server.waited("/api/workflows", {"graph": "research_report", "input": "tea", "timeout_seconds": 0.01})
    page = await visits.open(f"{server.url}/ops", **WIDE)
    await expect(page.get_by_role("region", name="Operations")).to_contain_text("timeout")

    await keep(page, "operations")
