"""A page that much happens on stays usable: a run that pours, a long conversation, and what it holds of them.

Bounds are wide: they tell a standstill from a busy machine. How smooth it is `make bench ARGS="--only page"` measures.
"""

from uuid import uuid4

import pytest
from playwright.async_api import expect

from tests.browser.chat import Chat
from tests.browser.frames import Frames
from tests.browser.visits import Visits
from tests.server_process import ServerProcess

STANDSTILL_MS = 5_000
RUNS = 60
HEAP_MIB = 150


@pytest.fixture
def key() -> str:
    """Name a gate and the session that waits at it."""
    return f"k{uuid4().hex[:12]}"


async def test_two_thousand_events_never_stop_the_page(visits: Visits, server: ServerProcess, key: str) -> None:
    server.started("flood", key, session_id=key)
    chat = await Chat.open(visits, server, f"/#/s/{key}")
    await expect(chat.stop).to_be_visible()
    frames = await Frames.begin(chat.page)

    server.desk.open(key)
    await expect(chat.page.get_by_text("The end.", exact=True)).to_be_attached(timeout=60_000)
    smoothness = await frames.end()

    assert smoothness.worst_ms < STANDSTILL_MS
    assert smoothness.heap_mib < HEAP_MIB


async def test_a_conversation_of_sixty_runs_opens_at_its_end_and_can_be_read_from_its_start(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    for number in range(RUNS):
        server.waited("/chat", {"message": f"What is {number}*2, and what time is it in Cairo?", "session_id": key})
    page = await visits.open(server.url)
    frames = await Frames.begin(page)

    await page.goto(f"{server.url}/#/s/{key}")
    chat = Chat(page)
    await expect(chat.turn(RUNS - 1)).to_contain_text(f"{RUNS - 1}*2 = {2 * (RUNS - 1)}")
    await expect(chat.turn(RUNS - 1)).to_be_in_viewport()
    await chat.turn(0).scroll_into_view_if_needed()
    await expect(chat.turn(0)).to_contain_text("0*2 = 0")
    smoothness = await frames.end()

    assert smoothness.worst_ms < STANDSTILL_MS
    assert smoothness.heap_mib < HEAP_MIB
