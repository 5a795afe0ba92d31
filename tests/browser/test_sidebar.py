"""The list of conversations: search, rename, delete, and what it shows of those that are active."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.visits import Visits
from tests.server_process import ServerProcess

Talk = Callable[[str], str]


@pytest.fixture
def talk(server: ServerProcess) -> Talk:
    """Hold a conversation of one message; return its id."""

    def held(message: str) -> str:
        session_id = f"s{uuid4().hex[:12]}"
        server.waited("/chat", {"message": message, "session_id": session_id})
        return session_id

    return held


async def test_a_conversation_is_found_by_what_was_said_in_it(
    visits: Visits, server: ServerProcess, talk: Talk
) -> None:
    talk("Tell me about zebras.")
    talk("Tell me about yaks.")
    page = await visits.open(server.url)
    listed = page.get_by_role("navigation", name="Conversations")

    await page.get_by_label("Search titles and messages").fill("zebra")

    await expect(listed.get_by_role("link", name="zebras")).to_be_visible()
    await expect(listed.get_by_role("link", name="yaks")).to_have_count(0)
    await page.get_by_label("Search titles and messages").fill("no such animal")
    await expect(listed).to_contain_text("Nothing has “no such animal” in it.")


async def test_a_conversation_is_renamed(visits: Visits, server: ServerProcess, talk: Talk) -> None:
    session_id = talk("Rename this one.")
    page = await visits.open(server.url)
    listed = page.get_by_role("navigation", name="Conversations")

    await listed.get_by_role("button", name="Actions for Rename this one.").click()
    await page.get_by_role("menuitem", name="Rename").click()
    await page.get_by_role("dialog").get_by_label("Title").fill("A better name")
    await page.get_by_role("dialog").get_by_role("button", name="Rename").click()

    await expect(listed.get_by_role("link", name="A better name")).to_be_visible()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert server.client.get(f"/api/sessions/{session_id}").json()["title"] == "A better name"


async def test_a_conversation_that_is_open_is_deleted_and_the_start_is_shown(
    visits: Visits, server: ServerProcess, talk: Talk
) -> None:
    session_id = talk("Delete this one.")
    page = await visits.open(f"{server.url}/#/s/{session_id}")
    listed = page.get_by_role("navigation", name="Conversations")

    await listed.get_by_role("button", name="Actions for Delete this one.").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(listed.get_by_role("link", name="Delete this one.")).to_have_count(0)
    await expect(page).to_have_url(f"{server.url}/#/")
    assert server.client.get(f"/api/sessions/{session_id}").status_code == 404


async def test_a_title_is_text_whatever_it_holds(visits: Visits, server: ServerProcess, talk: Talk) -> None:
    talk("<img src=x onerror=alert(1)> \u202e title")
    page = await visits.open(server.url)

    await expect(page.get_by_role("link", name="<img src=x onerror=alert(1)>")).to_be_visible()


async def test_a_run_beside_the_one_that_is_shown_keeps_its_conversation_busy(
    visits: Visits, server: ServerProcess
) -> None:
    session_id = f"s{uuid4().hex[:12]}"
    server.started("held", session_id, session_id=session_id)
    later = server.started("held", session_id, session_id=session_id, if_busy="enqueue")
    server.client.post(f"/api/workflows/{later}/cancel").raise_for_status()
    page = await visits.open(server.url)
    row = page.get_by_role("navigation", name="Conversations").get_by_role("link", name=session_id)

    await expect(row).to_contain_text("Busy")
    server.desk.open(session_id)

    await expect(row).not_to_contain_text("Busy")


async def test_a_conversation_at_work_is_stopped_and_deleted_from_its_own_menu(
    visits: Visits, server: ServerProcess
) -> None:
    session_id = f"s{uuid4().hex[:12]}"
    server.started("held", session_id, session_id=session_id)
    visits.expect(rf"404 \(Not Found\).*/api/sessions/{session_id}")  # the run's end is read while it goes
    page = await visits.open(f"{server.url}/#/s/{session_id}")
    await expect(page.get_by_role("navigation", name="Conversations").get_by_text(session_id)).to_be_visible()

    await page.get_by_role("banner").get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Delete").click()
    await expect(page.get_by_role("dialog")).to_contain_text("What is running in it is stopped first.")
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    await expect(page).to_have_url(f"{server.url}/#/")
    assert server.client.get(f"/api/sessions/{session_id}").status_code == 404
