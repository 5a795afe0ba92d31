"""A conversation on the page, from the first prompt to branches, in the way that it shows."""

import asyncio
from uuid import uuid4

import pytest
from playwright.async_api import Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Fresh
from tests.browser.visits import Visits
from tests.server_process import ServerProcess

FIRST_LOAD_BYTES = 200_000  # compressed, as they come


@pytest.fixture
def key() -> str:
    """Name a gate and the session that waits at it."""
    return f"k{uuid4().hex[:12]}"


async def test_what_the_page_loads_first_is_light(visits: Visits, server: ServerProcess) -> None:
    """With all that a conversation needs; graphs, the waterfall, formulas and colours of code come when they are."""
    chat = await Chat.open(visits, server)
    await chat.button("Watch an agent use its tools").click()
    await expect(chat.turn(0)).to_be_visible()

    sizes = await chat.page.evaluate(
        """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
            .filter(({ name }) => name.endsWith("/") || name.includes("/assets/"))
            .map(({ encodedBodySize }) => encodedBodySize)"""
    )

    assert len(sizes) >= 5
    assert 100_000 < sum(sizes) <= FIRST_LOAD_BYTES


async def test_the_first_lesson_shows_two_tools_with_arguments_and_results(
    visits: Visits, server: ServerProcess
) -> None:
    chat = await Chat.open(visits, server)

    await chat.button("Watch an agent use its tools").click()

    await expect(chat.turn(0)).to_contain_text("17*23 = 391")
    await chat.ended()
    await chat.turn(0).get_by_role("button", name="used 2 tools").click()
    await chat.turn(0).get_by_role("button", name="calculator").click()
    await expect(chat.turn(0).get_by_role("button", name="current_time")).to_be_visible()
    await expect(chat.turn(0).get_by_text("391", exact=True)).to_be_visible()


async def test_the_second_lesson_shows_lanes_and_one_itinerary(visits: Visits, fresh: Fresh) -> None:
    server = fresh(None, OFFLINE_DEMO_TOKEN_DELAY_MS="20").start()
    chat = await Chat.open(visits, server)

    await chat.button("Run agents side by side").click()

    lanes = chat.turn(0).get_by_role("group", name="lanes side by side")
    await expect(lanes.get_by_role("group", name="Lane ")).to_have_count(3)
    await chat.ended()
    await expect(chat.turn(0)).to_contain_text("Rome")


async def test_the_third_lesson_asks_and_goes_on_with_a_yes(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)

    await chat.button("Be asked before it goes on").click()
    question = chat.turn(0).get_by_role("region", name="Waiting for you")
    await expect(question).to_contain_text("Is this draft good enough to be published?")
    await question.get_by_role("button", name="Accept").click()

    await expect(question).to_have_count(0)
    await chat.ended()
    workflow = server.client.get("/api/workflows").json()["workflows"][0]
    assert workflow["status"] == "completed"


async def test_every_lesson_asks_for_the_model_that_was_picked(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await chat.button("Model: ").click()
    await chat.page.get_by_role("menuitemradio", name="offline-demo").click()

    async with chat.page.expect_request("**/api/coordinator/sequential") as asked:
        await chat.button("Be asked before it goes on").click()

    assert '"model":"offline-demo"' in ((await asked.value).post_data or "")


async def test_a_no_ends_the_run_and_says_so(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)

    await chat.button("Be asked before it goes on").click()
    await chat.turn(0).get_by_role("button", name="Reject").click()

    await expect(chat.turn(0)).to_contain_text("Failed")
    assert server.client.get("/api/workflows").json()["workflows"][0]["status"] == "failed"


async def test_a_message_is_written_sent_and_followed_by_another(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)

    await chat.say("What is 17*23?")
    await expect(chat.turn(0)).to_contain_text("17*23 = 391")
    await chat.ended()
    await chat.say("What is 12.5% of 840?")

    await expect(chat.turn(1)).to_contain_text("105")
    await expect(chat.turns).to_have_count(2)
    await expect(chat.conversations.get_by_role("link", name="What is 17*23?").first).to_be_visible()


async def test_stop_keeps_what_was_said(visits: Visits, server: ServerProcess, key: str) -> None:
    server.started("held", key, session_id=key)
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await expect(chat.turn(0)).to_contain_text("The first half is said.")

    await chat.stop.click()

    await chat.ended()
    await expect(chat.turn(0)).to_contain_text("The first half is said.")
    await expect(chat.turn(0)).to_contain_text("Stopped")


async def test_a_failure_is_shown_with_what_was_said_and_what_to_do(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.waited("/api/workflows", {"graph": "broken", "input": "go", "session_id": key})
    chat = await Chat.open(visits, server, f"/#/s/{key}")

    await expect(chat.turn(0)).to_contain_text("It went well so far,")
    await expect(chat.turn(0)).to_contain_text("the printer is out of paper")


async def test_an_edited_message_makes_a_branch_and_both_can_be_seen(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await chat.say("What is 17*23?")
    await expect(chat.turn(0)).to_contain_text("391")
    await chat.ended()

    await chat.turn(0).hover()
    await chat.turn(0).get_by_role("button", name="Edit").click()
    await chat.page.get_by_role("textbox", name="Your message").fill("What is 2*3?")
    await chat.page.get_by_role("textbox", name="Your message").press("Enter")

    await expect(chat.turn(0)).to_contain_text("2*3 = 6")
    await expect(chat.turn(0).get_by_role("group", name="Question 2 of 2")).to_be_visible()
    await chat.turn(0).get_by_role("button", name="Previous question").click()
    await expect(chat.turn(0)).to_contain_text("17*23 = 391")
    await expect(chat.turn(0).get_by_role("group", name="Question 1 of 2")).to_be_visible()


async def test_another_answer_stands_beside_the_first(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await chat.say("What is 17*23?")
    await expect(chat.turn(0)).to_contain_text("391")
    await chat.ended()

    await chat.button("Answer again").click()

    await expect(chat.turn(0).get_by_role("group", name="Answer 2 of 2")).to_be_visible()
    await expect(chat.turns).to_have_count(1)


async def test_a_message_during_a_run_waits_for_its_turn(visits: Visits, server: ServerProcess, key: str) -> None:
    server.started("held", key, session_id=key)
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await expect(chat.stop).to_be_visible()
    await expect(chat.button("Agent or workflow: held")).to_be_visible()  # whom the conversation was with

    await chat.say(key)
    await expect(chat.page.get_by_text("1 message waits for its turn")).to_be_visible()
    server.desk.open(key)

    await expect(chat.turn(1)).to_contain_text("The second half is said, too.")
    await chat.ended()


async def test_a_message_waits_until_it_is_known_whom_the_conversation_is_with(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.waited("/chat", {"message": "Find cases for John Smith", "agent": "communications", "session_id": key})
    page = await visits.open(server.url)
    read = asyncio.Event()

    async def hold(route: Route) -> None:
        await read.wait()
        await route.continue_()

    await page.route(f"**/api/sessions/{key}", hold)
    await page.goto(f"{server.url}/#/s/{key}")
    chat = Chat(page)
    await chat.say("Find cases for Ada")
    await expect(page.get_by_text("Is sent as soon as the conversation is known")).to_be_visible()
    assert server.client.get(f"/api/sessions/{key}").json()["workflow_count"] == 1
    read.set()

    await expect(chat.turns).to_have_count(2)
    await chat.ended()
    runs = server.client.get(f"/api/sessions/{key}").json()["workflows"]
    assert [run["graph"] for run in runs] == ["communications", "communications"]


async def test_a_question_of_a_graph_is_answered_with_any_value(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.waited("/api/workflows", {"graph": "question", "input": {"text": "Hello, Ada!"}, "session_id": key})
    chat = await Chat.open(visits, server, f"/#/s/{key}")

    await expect(chat.turn(0)).to_contain_text("Shall I send it?")
    await chat.turn(0).get_by_role("textbox").fill("yes")
    await chat.turn(0).get_by_role("button", name="Answer").click()

    await expect(chat.turn(0)).to_contain_text("The answer was yes.")


async def test_an_early_run_is_shown_with_the_header_in_place(visits: Visits, server: ServerProcess, key: str) -> None:
    """A script can scroll what no reader can, and the page would stand askew for good."""
    runs = [server.waited("/chat", {"message": f"What is {n}*2?", "session_id": key}) for n in range(12)]
    chat = await Chat.open(visits, server, f"/#/s/{key}/w/{runs[1]['workflow_id']}")

    await expect(chat.turn(1)).to_be_in_viewport()

    assert await chat.page.evaluate("() => [document.scrollingElement.scrollTop, document.body.scrollTop]") == [0, 0]
    await expect(chat.page.get_by_role("heading", level=1)).to_be_in_viewport(ratio=1)
