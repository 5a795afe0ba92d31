"""The page for those who see it otherwise, or use no mouse: rules of axe, a phone's width, dark, the keyboard."""

from typing import Any, Literal

import pytest
from playwright.async_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.chromium import AXE
from tests.browser.visits import Visits
from tests.server_process import ServerProcess

Theme = Literal["light", "dark"]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
RUN_AXE = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}"""
LISTEN = """() => {
  window.said = [];
  const region = document.querySelector('[role="status"][aria-live="polite"]');
  const note = () => window.said.push(region.textContent);
  new MutationObserver(note).observe(region, { childList: true, characterData: true, subtree: true });
}"""
THEMES: list[Theme] = ["light", "dark"]
APPROVAL = {
    "steps": [{"agent": "researcher"}, {"type": "approval", "prompt": "Is this good enough?"}],
    "input": "The history of tea",
}
RICH = """# \u0633\u0644\u0627\u0645

Tea [1](https://a.example), [2](https://b.example), [3](https://c.example) and $x^2$:

$$\\sqrt{2}$$

| a | b |
| --- | --- |
| 1 | 2 |
"""


async def findings(page: Page) -> list[str]:
    """Name what axe finds serious or critical."""
    await page.evaluate(AXE.read_text())
    found: list[str] = await page.evaluate(RUN_AXE)
    return found


@pytest.fixture(scope="module")
def talk(server: ServerProcess) -> str:
    """Hold a conversation with tools, lanes and a question to a human."""
    session = {"session_id": "everything"}
    server.waited("/chat", {"message": "What is 17*23, and what time is it in Cairo?", **session})
    server.waited("/api/workflows", {"graph": "trip_planner", "input": "Plan three days in Rome in May", **session})
    server.waited("/api/coordinator/sequential", APPROVAL | session)
    return "/#/s/everything"


@pytest.mark.parametrize("theme", THEMES)
async def test_the_start_has_no_serious_fault(visits: Visits, server: ServerProcess, theme: Theme) -> None:
    chat = Chat(await visits.open(server.url, color_scheme=theme))
    await expect(chat.button("Watch an agent use its tools")).to_be_visible()

    assert await findings(chat.page) == []


@pytest.mark.parametrize("theme", THEMES)
async def test_a_conversation_has_no_serious_fault(
    visits: Visits, server: ServerProcess, talk: str, theme: Theme
) -> None:
    chat = Chat(await visits.open(server.url + talk, color_scheme=theme))
    await expect(chat.turn(2)).to_contain_text("Is this good enough?")
    await chat.turn(0).get_by_role("button", name="used 2 tools").click()
    await chat.turn(0).get_by_role("button", name="calculator").click()

    assert await findings(chat.page) == []


@pytest.mark.parametrize("theme", THEMES)
async def test_an_answer_with_all_that_it_may_hold_has_no_serious_fault(
    visits: Visits, server: ServerProcess, theme: Theme
) -> None:
    session_id = f"rich-{theme}"
    server.waited("/api/workflows", {"graph": "repeated", "input": RICH, "session_id": session_id})
    chat = Chat(await visits.open(f"{server.url}/#/s/{session_id}", color_scheme=theme))
    await expect(chat.turn(0).locator(".run-answer").get_by_role("math")).to_have_count(2)

    assert await findings(chat.page) == []


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("panel", ["Graph", "Waterfall", "Checkpoints", "Usage", "JSON"])
async def test_a_panel_has_no_serious_fault(
    visits: Visits, server: ServerProcess, talk: str, panel: str, theme: Theme
) -> None:
    chat = Chat(await visits.open(server.url + talk, color_scheme=theme, viewport={"width": 1400, "height": 900}))
    await chat.page.get_by_role("group", name="Panels").get_by_role("button", name=panel).click()
    await expect(chat.page.get_by_role("tab", name=panel, selected=True)).to_be_visible()
    await expect(chat.page.get_by_role("tabpanel").get_by_text("Loading")).to_have_count(0)

    assert await findings(chat.page) == []


@pytest.mark.parametrize("theme", THEMES)
async def test_a_state_that_is_looked_into_has_no_serious_fault(
    visits: Visits, server: ServerProcess, talk: str, theme: Theme
) -> None:
    chat = Chat(await visits.open(server.url + talk, color_scheme=theme, viewport={"width": 1400, "height": 900}))
    await chat.page.get_by_role("group", name="Panels").get_by_role("button", name="Checkpoints").click()
    panel = chat.page.get_by_role("tabpanel", name="Checkpoints")
    await panel.get_by_text("waits for an answer").click()
    await panel.get_by_role("group", name="State after researcher").get_by_text("value").click()
    await panel.get_by_role("button", name="With another input").click()
    await panel.get_by_role("textbox", name="Input").fill("{")
    await panel.get_by_role("button", name="Run again from here").click()
    await expect(panel.get_by_role("alert")).to_be_visible()

    assert await findings(chat.page) == []


@pytest.mark.parametrize("theme", THEMES)
async def test_the_composer_has_no_serious_fault(visits: Visits, server: ServerProcess, theme: Theme) -> None:
    page = await visits.open(server.url + "/#/compose", color_scheme=theme)
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()

    assert await findings(page) == []


@pytest.mark.parametrize("address", ["/", "/#/s/everything", "/#/compose"])
async def test_a_phone_scrolls_up_and_down_alone(
    visits: Visits, server: ServerProcess, talk: str, address: str
) -> None:
    page = await visits.open(server.url + address, **PHONE)
    await expect(page.get_by_role("heading", level=1).first).to_be_visible()
    await expect(page.get_by_text("Loading")).to_have_count(0)

    wide = await page.evaluate("() => document.documentElement.scrollWidth")

    assert wide == 390


async def test_a_phone_keeps_the_conversations_in_a_drawer(visits: Visits, server: ServerProcess, talk: str) -> None:
    chat = Chat(await visits.open(server.url, **PHONE))
    await expect(chat.conversations).to_have_count(0)

    await chat.button("Show the conversations").tap()
    await chat.conversations.locator(f'a[href$="{talk.removeprefix("/")}"]').tap()

    await expect(chat.conversations).to_have_count(0)
    await expect(chat.page.get_by_role("heading", level=1)).to_contain_text("What is 17*23")
    await expect(chat.turns).to_have_count(3)  # the first one's run is read when somebody scrolls up to it


async def test_dark_is_dark_and_can_be_chosen(visits: Visits, server: ServerProcess) -> None:
    page = await visits.open(server.url, color_scheme="light")
    ground = "() => getComputedStyle(document.body).backgroundColor"
    light = await page.evaluate(ground)

    await page.get_by_role("radio", name="Dark").check(force=True)

    dark = await page.evaluate(ground)
    await page.reload()
    assert sum(rgb(dark)) < 150 < 600 < sum(rgb(light))
    assert await page.evaluate(ground) == dark


def rgb(color: str) -> list[int]:
    """Read `rgb(1, 2, 3)`."""
    return [int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(",")]


async def test_a_whole_conversation_needs_no_mouse(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await expect(chat.message).to_be_focused()

    await chat.page.keyboard.type("What is 17*23?")
    await chat.page.keyboard.press("Shift+Enter")
    await chat.page.keyboard.type("Thank you.")
    await chat.page.keyboard.press("Enter")
    await expect(chat.turn(0)).to_contain_text("17*23 = 391")
    await chat.ended()

    await expect(chat.message).to_be_focused()
    await expect(chat.message).to_have_value("")
    await expect(chat.turn(0)).to_contain_text("Thank you.")


async def test_escape_stops_what_runs(visits: Visits, server: ServerProcess) -> None:
    server.started("held", "escape", session_id="escape")
    chat = await Chat.open(visits, server, "/#/s/escape")
    await expect(chat.stop).to_be_visible()

    await chat.page.keyboard.press("Escape")

    await chat.ended()
    assert server.client.get("/api/workflows?session_id=escape").json()["workflows"][0]["status"] == "cancelled"


async def test_a_menu_and_a_dialog_give_the_focus_back(visits: Visits, server: ServerProcess, talk: str) -> None:
    chat = await Chat.open(visits, server, talk)
    await expect(chat.turns).to_have_count(3)  # until then parts come that take the focus
    more = chat.button("More").last
    await more.focus()

    await chat.page.keyboard.press("ArrowDown")
    await expect(chat.page.get_by_role("menuitem").first).to_be_visible()
    await chat.page.keyboard.press("Escape")

    await expect(more).to_be_focused()


async def test_what_happens_is_read_out(visits: Visits, server: ServerProcess) -> None:
    server.started("held", "listener", session_id="listener")
    chat = await Chat.open(visits, server, "/#/s/listener")
    await expect(chat.turn(0)).to_contain_text("The first half is said.")
    await chat.page.evaluate(LISTEN)

    server.desk.open("listener")

    await chat.page.wait_for_function("() => window.said.some((words) => words.includes('The second half'))")
