"""The panels beside a run: the graph lit as it runs, the waterfall with its log, the figures."""

import json
import re
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.visits import Visits
from tests.server_process import ServerProcess

WIDE: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}}
APART = """() => {
  const axis = document.querySelector(".panel-axis");
  const labels = [...axis.querySelectorAll("span")].map((label) => label.getBoundingClientRect());
  const ends = [...labels.slice(1).map(({ left }) => left), axis.getBoundingClientRect().right + 0.5];
  return labels.length > 0 && labels.every(({ right }, at) => right <= ends[at]);
}"""


@pytest.fixture
def key() -> str:
    """Name a session that no other test uses."""
    return f"k{uuid4().hex[:12]}"


async def beside(visits: Visits, server: ServerProcess, session_id: str, panel: str) -> Page:
    """Open a conversation with a panel beside it."""
    page = await visits.open(f"{server.url}/#/s/{session_id}", **WIDE)
    await page.get_by_role("group", name="Panels").get_by_role("button", name=panel).click()
    await expect(page.get_by_role("tabpanel", name=panel)).to_be_visible()
    return page


async def test_the_graph_shows_what_runs_and_what_is_done(visits: Visits, server: ServerProcess, key: str) -> None:
    server.started("held", key, session_id=key)
    page = await beside(visits, server, key, "Graph")
    node = page.get_by_role("region", name="Graph").get_by_role("listitem").filter(has_text="hold")

    await expect(node).to_contain_text("running")
    server.desk.open(key)

    await expect(node).to_contain_text("done")


async def test_the_waterfall_has_a_row_for_each_step_and_tool(visits: Visits, server: ServerProcess, key: str) -> None:
    server.waited("/chat", {"message": "What is 17*23?", "session_id": key})
    page = await beside(visits, server, key, "Waterfall")
    waterfall = page.get_by_role("region", name="Waterfall")

    await expect(waterfall.get_by_role("row").filter(has_text="calculator")).to_have_count(1)
    await expect(waterfall.get_by_role("row").filter(has_text="tools")).not_to_have_count(0)


async def test_the_log_finds_events_by_type(visits: Visits, server: ServerProcess, key: str) -> None:
    server.waited("/chat", {"message": "What is 17*23?", "session_id": key})
    page = await beside(visits, server, key, "Waterfall")
    await page.get_by_role("button", name="Log", exact=True).click()

    await page.get_by_role("combobox", name="Type of event").select_option("tool_end")

    await expect(page.get_by_role("tabpanel")).to_contain_text("calculator")
    await expect(
        page.get_by_role("tabpanel").get_by_text("step_start", exact=True).locator("visible=true")
    ).to_have_count(0)


async def test_the_figures_are_those_of_the_run(visits: Visits, server: ServerProcess, key: str) -> None:
    workflow = server.waited("/chat", {"message": "What is 17*23?", "session_id": key})
    page = await beside(visits, server, key, "Usage")

    await expect(page.get_by_role("region", name="Usage", exact=True)).to_contain_text(
        str(workflow["usage"]["input_tokens"])
    )


async def test_the_run_can_be_read_as_json(visits: Visits, server: ServerProcess, key: str) -> None:
    workflow = server.waited("/chat", {"message": "What is 17*23?", "session_id": key})
    page = await beside(visits, server, key, "JSON")

    shown = json.loads(await page.get_by_label("The run as JSON").inner_text())

    assert (shown["workflow_id"], shown["final_response"]) == (workflow["workflow_id"], workflow["final_response"])


async def test_nested_agents_are_shown_within_the_one_that_asked_them(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.waited("/api/workflows", {"graph": "hierarchical", "input": "Tell me about lighthouses", "session_id": key})
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    done = chat.turn(0).get_by_role("group", name="How it was done")

    await done.get_by_role("button", expanded=False).first.click()

    await expect(done.get_by_role("group", name=re.compile("^Step ")).first).to_be_visible()


@pytest.mark.parametrize("width", [320, 390, 480, 1280])
async def test_the_labels_of_the_time_line_stand_beside_each_other(
    visits: Visits, server: ServerProcess, width: int
) -> None:
    body = {"graph": "trip_planner", "input": "Plan three days in Rome from Cairo in October", "session_id": "axis"}
    server.waited("/api/workflows", body)
    page = await visits.open(f"{server.url}/#/s/axis", viewport={"width": width, "height": 800})
    await page.get_by_role("button", name="Show the timeline").last.click()
    await expect(page.get_by_role("region", name="Waterfall")).to_be_visible()

    await page.wait_for_function(APART)
