"""Time travel: the states of a run after each of its steps, and new runs that begin at one of them."""

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, Page, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Fresh
from tests.browser.visits import OFFLINE, Visits
from tests.server_process import ServerProcess
from tests.support.credentials import SECRET, bearer, token

WIDE: dict[str, Any] = {"viewport": {"width": 1400, "height": 900}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
QUESTION = "What is 17*23?"


@pytest.fixture
def key() -> str:
    """Name a session that no other test uses."""
    return f"k{uuid4().hex[:12]}"


@pytest.fixture
def answered(server: ServerProcess, key: str) -> str:
    """Ask something that takes a tool; return the run's id."""
    workflow = server.waited("/chat", {"message": QUESTION, "session_id": key})
    return str(workflow["workflow_id"])


async def beside(visits: Visits, server: ServerProcess, key: str) -> Page:
    """Open a conversation with the checkpoints of its last run beside it."""
    page = await visits.open(f"{server.url}/#/s/{key}", **WIDE)
    await page.get_by_role("group", name="Panels").get_by_role("button", name="Checkpoints").click()
    await expect(page.get_by_role("tabpanel", name="Checkpoints")).to_be_visible()
    return page


def saved(page: Page) -> Locator:
    """Find the checkpoints, the newest first."""
    return page.get_by_role("region", name="Checkpoints, newest first").locator("ol > li")


async def opened(page: Page, then: str) -> Locator:
    """Open the newest checkpoint after which *then* would run."""
    checkpoint = saved(page).filter(has_text=then).first
    await checkpoint.locator("summary").first.click()
    return checkpoint


async def test_each_step_left_a_checkpoint_with_what_it_changed(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)

    await expect(saved(page).locator(".checkpoint-title")).to_have_text(["model", "tools", "model", "Start", "Input"])
    await expect(saved(page).nth(0)).to_contain_text("the end")
    await expect(saved(page).nth(1)).to_contain_text("then model")
    await expect(saved(page).nth(1)).to_contain_text("messages +1")


async def test_the_state_can_be_looked_into_and_what_is_new_is_marked(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)
    state = (await opened(page, "then model")).get_by_role("group", name="State after tools")

    messages = state.get_by_role("listitem").filter(has_text="tool: 391").last
    await expect(messages).to_contain_text("new")
    await messages.locator("summary").click()

    await expect(messages).to_contain_text("tool_call_id")


async def test_a_run_from_a_checkpoint_is_a_conversation_of_its_own(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)
    await (await opened(page, "then tools")).get_by_role("button", name="Run again from here").click()

    chat = Chat(page)
    await expect(page.get_by_text("Began at a checkpoint of another run.")).to_be_visible()
    await chat.ended()
    await expect(chat.turn(0)).to_contain_text("17*23 = 391")
    await expect(chat.message).to_be_focused()
    assert await chat.session_id() != key
    assert server.client.get(f"/api/sessions/{key}").json()["workflow_count"] == 1


async def test_a_fork_leads_back_to_the_run_that_it_came_from(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)
    await (await opened(page, "then tools")).get_by_role("button", name="Run again from here").click()

    await page.get_by_role("button", name="Show that run").click()

    await page.wait_for_url(f"**/#/s/{key}/w/{answered}")
    await expect(saved(page)).to_have_count(5)


async def test_a_run_from_a_checkpoint_takes_another_input(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)
    checkpoint = await opened(page, "then tools")
    await checkpoint.get_by_role("button", name="With another input").click()
    field = checkpoint.get_by_role("textbox", name="Input")
    await expect(field).to_have_value(QUESTION)
    await field.fill("What is 2*3?")
    await checkpoint.get_by_role("button", name="Run again from here").click()

    chat = Chat(page)
    await expect(chat.turn(0)).to_contain_text("2*3 = 6")
    await expect(chat.turn(0).locator(".user-bubble")).to_have_text("What is 2*3?")


async def test_an_input_that_is_no_json_is_told_in_its_place(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)
    checkpoint = await opened(page, "the end")
    field = checkpoint.get_by_role("textbox", name="Input")  # at the end nothing but another input leads on
    await field.fill('{"messages": ')
    await checkpoint.get_by_role("button", name="Run again from here").click()

    await expect(checkpoint.get_by_role("alert")).to_contain_text("This is no JSON")
    await expect(field).to_have_attribute("aria-invalid", "true")
    assert await Chat(page).session_id() == key


async def test_what_the_server_refuses_is_told_in_its_place(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    visits.expect(OFFLINE)
    page = await beside(visits, server, key)
    checkpoint = await opened(page, "then tools")
    server.client.delete(f"/api/workflows/{answered}").raise_for_status()

    await checkpoint.get_by_role("button", name="Run again from here").click()

    await expect(checkpoint.get_by_role("alert")).to_contain_text("It may have been deleted in another tab.")
    await expect(checkpoint.get_by_role("button", name="Run again from here")).to_be_enabled()


async def test_a_run_that_waits_shows_what_it_asks(visits: Visits, server: ServerProcess, key: str) -> None:
    steps = [{"agent": "researcher"}, {"type": "approval", "prompt": "Is this good enough?"}]
    server.waited("/api/coordinator/sequential", {"steps": steps, "input": "tea", "session_id": key})
    page = await beside(visits, server, key)

    checkpoint = await opened(page, "waits for an answer")

    await expect(checkpoint.get_by_role("group", name="What was asked")).to_contain_text("Is this good enough?")


async def test_what_a_run_saves_while_it_is_looked_at_comes_by_itself(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.started("held", key, session_id=key)
    page = await beside(visits, server, key)
    await expect(saved(page).first).to_contain_text("then hold")

    server.desk.open(key)

    await expect(saved(page).first).to_contain_text("the end")


async def test_a_run_of_which_no_checkpoint_is_kept_says_so(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await visits.open(server.url, **WIDE)
    await page.route("**/history?*", lambda route: route.fulfill(json={"checkpoints": []}))
    await page.goto(f"{server.url}/#/s/{key}")
    await page.get_by_role("group", name="Panels").get_by_role("button", name="Checkpoints").click()

    await expect(page.get_by_text("No checkpoint of this run is kept.")).to_be_visible()


async def test_checkpoints_that_cannot_be_read_are_asked_for_again(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    visits.expect(OFFLINE)
    page = await visits.open(server.url, **WIDE)
    problem = {"code": "internal", "detail": "The history is out of order."}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=500, json=problem)

    await page.route("**/history?*", refuse, times=1)
    await page.goto(f"{server.url}/#/s/{key}")
    await page.get_by_role("group", name="Panels").get_by_role("button", name="Checkpoints").click()
    await expect(page.get_by_role("alert")).to_contain_text("The history is out of order.")
    await page.get_by_role("button", name="Try again").click()

    await expect(saved(page)).to_have_count(5)


async def test_on_a_phone_the_new_run_is_seen_at_once(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await visits.open(f"{server.url}/#/s/{key}", **PHONE)
    await page.get_by_role("button", name="More").last.tap()
    await page.get_by_role("menuitem", name="Checkpoints").tap()
    assert await page.evaluate("() => document.documentElement.scrollWidth") == 390
    await (await opened(page, "then tools")).get_by_role("button", name="Run again from here").tap()

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(Chat(page).turn(0)).to_contain_text("17*23 = 391")


async def test_a_checkpoint_is_run_from_by_keys_alone(
    visits: Visits, server: ServerProcess, answered: str, key: str
) -> None:
    page = await beside(visits, server, key)
    await saved(page).filter(has_text="then tools").locator("summary").first.focus()

    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Run again from here").focus()
    await page.keyboard.press("Enter")

    await expect(page.get_by_text("Began at a checkpoint of another run.")).to_be_visible()


async def test_whoever_may_only_read_sees_states_and_starts_nothing(visits: Visits, fresh: Fresh, key: str) -> None:
    guarded = fresh(None, JWT_SECRET=SECRET).start()
    guarded.waited("/chat", {"message": QUESTION, "session_id": key}, headers=bearer(token("ada")))
    page = await visits.open(f"{guarded.url}/#/s/{key}", **WIDE)
    await page.get_by_label("API key or token").fill(token("ada", scope="workflows:read events:read"))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("group", name="Panels").get_by_role("button", name="Checkpoints").click()

    checkpoint = await opened(page, "then tools")

    await expect(checkpoint.get_by_role("group", name="State after model")).to_be_visible()
    await expect(checkpoint.get_by_role("button", name="Run again from here")).to_have_count(0)
