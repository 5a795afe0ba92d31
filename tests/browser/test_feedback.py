"""Thumbs below an answer: pressed, explained, taken back, refused, and there again after a reload."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Route, expect

from tests.browser.chat import Chat
from tests.browser.test_accessibility import THEMES, Theme, findings
from tests.browser.visits import OFFLINE, Visits
from tests.server_process import ServerProcess, eventually


@pytest.fixture
def key() -> str:
    """Name a session that no other test uses."""
    return f"k{uuid4().hex[:12]}"


async def answered(visits: Visits, server: ServerProcess, key: str) -> tuple[Chat, str]:
    """Open a conversation of one answer; return its run, too."""
    run = server.waited("/chat", {"message": "What is 17*23?", "session_id": key})
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await chat.ended()
    return chat, run["workflow_id"]


def thumb(chat: Chat, name: str) -> Locator:
    return chat.turn(0).get_by_role("button", name=name, exact=True)


def keeps(server: ServerProcess, run_id: str, feedback: Any) -> None:
    eventually(lambda: server.workflow(run_id)["feedback"] == feedback)


async def test_a_thumb_and_a_comment_are_kept_and_there_again_after_a_reload(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    chat, run_id = await answered(visits, server, key)
    box = chat.turn(0).get_by_role("textbox", name="Comment on this answer")

    await thumb(chat, "Bad answer").click()
    keeps(server, run_id, {"score": 0, "comment": None})
    await thumb(chat, "Good answer").click()
    await box.fill("Just what I needed.")
    await chat.turn(0).get_by_role("button", name="Send comment").click()
    await expect(box).to_have_count(0)

    keeps(server, run_id, {"score": 1, "comment": "Just what I needed."})
    await chat.page.reload()
    await expect(thumb(chat, "Good answer")).to_have_attribute("aria-pressed", "true")
    await expect(thumb(chat, "Bad answer")).to_have_attribute("aria-pressed", "false")
    await thumb(chat, "Change your comment").click()
    await expect(box).to_have_value("Just what I needed.")
    await expect(box).to_be_focused()


async def test_all_of_it_is_done_with_the_keyboard(visits: Visits, server: ServerProcess, key: str) -> None:
    chat, run_id = await answered(visits, server, key)
    good, keyboard = thumb(chat, "Good answer"), chat.page.keyboard

    await good.focus()
    await keyboard.press("Space")
    box = chat.turn(0).get_by_role("textbox", name="Comment on this answer")
    await expect(box).to_be_visible()
    await expect(good).to_be_focused()
    for _ in range(3):  # the other thumb, the pen, the box
        await keyboard.press("Tab")
    await expect(box).to_be_focused()
    await keyboard.type("By hand.")
    await keyboard.press("Control+Enter")
    await expect(thumb(chat, "Change your comment")).to_be_focused()
    keeps(server, run_id, {"score": 1, "comment": "By hand."})

    await good.focus()
    await keyboard.press("Enter")
    await expect(good).to_have_attribute("aria-pressed", "false")
    keeps(server, run_id, None)


@pytest.mark.parametrize("theme", THEMES)
async def test_axe_finds_nothing_while_a_comment_is_written(
    visits: Visits, server: ServerProcess, key: str, theme: Theme
) -> None:
    server.waited("/chat", {"message": "What is 17*23?", "session_id": key})
    chat = Chat(await visits.open(f"{server.url}/#/s/{key}", color_scheme=theme))

    await thumb(chat, "Bad answer").click()
    await expect(chat.turn(0).get_by_role("group", name="Comment")).to_be_visible()

    assert await findings(chat.page) == []


async def test_what_the_server_does_not_take_is_taken_back_and_told(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    chat, run_id = await answered(visits, server, key)
    good = thumb(chat, "Good answer")

    async def fail(route: Route) -> None:
        await route.abort()

    visits.expect(OFFLINE)
    await chat.page.route("**/feedback", fail)
    await good.click()
    await expect(chat.turn(0).get_by_role("alert")).to_contain_text("Your feedback was not saved.")
    await expect(good).to_have_attribute("aria-pressed", "false")
    await chat.page.unroute("**/feedback")
    await good.click()

    await expect(chat.turn(0).get_by_role("alert")).to_have_count(0)
    keeps(server, run_id, {"score": 1, "comment": None})


async def test_an_answer_that_was_just_given_takes_a_thumb_which_stays_in_the_page(
    visits: Visits, server: ServerProcess
) -> None:
    chat = await Chat.open(visits, server)
    await chat.say("What is 17*23?")
    await expect(chat.turn(0)).to_contain_text("391")
    await chat.ended()

    await thumb(chat, "Good answer").click()
    await expect(chat.turn(0).get_by_role("group", name="Comment")).to_be_visible()
    await chat.page.evaluate("() => void (location.hash = '#/')")  # the page is not loaded anew
    await expect(chat.turns).to_have_count(0)
    await chat.page.go_back()

    await expect(thumb(chat, "Good answer")).to_have_attribute("aria-pressed", "true")
