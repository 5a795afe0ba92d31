"""Whatever a model, a tool or a user says is shown as text: nothing of it runs, loads or breaks the page."""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat
from tests.browser.visits import Visits
from tests.server_process import ASYNC, JSON, ServerProcess

SAID = [
    "A lone surrogate:",
    "event: admin",
    '<script>document.title = "owned"</script>',
    "an image",
    "unbrokenunbroken",
    "The end.",
]


@pytest.fixture
def key() -> str:
    """Name a session that no other test uses."""
    return f"k{uuid4().hex[:12]}"


@pytest.mark.parametrize("headers", [ASYNC, JSON], ids=["as it comes", "afterwards"])
async def test_what_a_model_says_stays_text(
    visits: Visits, server: ServerProcess, key: str, headers: dict[str, str]
) -> None:
    asked: list[str] = []
    page = await visits.open(server.url)
    page.on("request", lambda request: asked.append(request.url))
    body = {"graph": "hostile", "input": "<b>go</b>", "session_id": key}

    server.client.post("/api/workflows", json=body, headers=headers)
    await page.goto(f"{server.url}/#/s/{key}")
    turn = Chat(page).turn(0)
    await expect(turn).to_contain_text("The end.")

    text = await turn.inner_text()
    assert [said for said in SAID if said not in text] == []
    assert await turn.locator("script, style, iframe, object, svg[onload], [onerror], [onmouseover], img").count() == 0
    assert await turn.locator('a[href^="javascript:"], a[href^="data:"]').count() == 0
    assert await turn.get_by_role("link", name="good").get_attribute("rel") is not None
    assert "owned" not in await page.title()
    assert [url for url in asked if not url.startswith((server.url, "data:"))] == []


async def test_a_wide_table_and_an_endless_word_leave_the_page_its_width(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.waited("/api/workflows", {"graph": "hostile", "input": "go", "session_id": key})
    page = await visits.open(f"{server.url}/#/s/{key}", viewport={"width": 390, "height": 844}, is_mobile=True)
    await expect(Chat(page).turn(0)).to_contain_text("The end.")

    assert await page.evaluate("() => document.documentElement.scrollWidth") == 390
    await expect(page.get_by_role("cell", name="39.39")).to_be_attached()
