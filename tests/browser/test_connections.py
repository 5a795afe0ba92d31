"""A page keeps up with its run whatever becomes of the connection, and shows nothing twice."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.async_api import Page, Request, Route, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Fresh
from tests.browser.visits import OFFLINE, Visits
from tests.server_process import ServerProcess
from tests.support.cutting_proxy import CuttingProxy, Fate

FIRST, WHOLE = "The first half is said.", "The first half is said. The second half is said, too."
HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def key() -> str:
    """Name a gate and the session that waits at it."""
    return f"k{uuid4().hex[:12]}"


def held(server: ServerProcess, key: str) -> str:
    """Start a run that says one half and waits; return the address of its conversation."""
    server.started("held", key, session_id=key)
    return f"/#/s/{key}"


async def expect_whole(page: Page) -> None:
    """Find the whole answer, once; it is read out, too."""
    await expect(Chat(page).turn(0).get_by_text(WHOLE, exact=True)).to_have_count(1)


async def expect_first(page: Page) -> None:
    """Find one half."""
    await expect(Chat(page).turn(0).get_by_text(FIRST, exact=True)).to_be_visible()


async def expect_notice(page: Page, words: str) -> None:
    """Find a line about the connection below the header; it is read out, too."""
    await expect(page.get_by_text(re.compile(words)).first).to_be_visible(timeout=60_000)


async def test_a_reload_in_the_middle_goes_on_where_it_was(visits: Visits, server: ServerProcess, key: str) -> None:
    page = await visits.open(server.url + held(server, key))
    await expect_first(page)

    await page.reload()

    await expect_first(page)
    server.desk.open(key)
    await expect_whole(page)


async def test_a_killed_server_is_waited_for_and_the_run_goes_on(visits: Visits, fresh: Fresh, key: str) -> None:
    visits.expect(OFFLINE)
    server = fresh().start()
    page = await visits.open(server.url + held(server, key))
    await expect_first(page)

    server.kill()

    await expect_notice(page, "Connection lost|cannot be reached")
    server.start()
    server.desk.open(key)
    await expect_whole(page)
    await expect(page.locator("header ~ *").get_by_text(re.compile("Connection lost|cannot be reached"))).to_have_count(
        0
    )


async def test_where_no_stream_gets_through_the_page_asks_and_streams_again_when_one_does(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    visits.expect(OFFLINE)
    page = await visits.open(server.url)
    await page.route("**/*", without_streams)
    await page.goto(server.url + held(server, key))

    await expect_notice(page, "Live updates do not get through")
    await expect_first(page)
    await page.unroute_all()

    await expect_notice(page, "Connected again")
    server.desk.open(key)
    await expect_whole(page)


async def test_polling_alone_shows_the_run_to_its_end(visits: Visits, server: ServerProcess, key: str) -> None:
    visits.expect(OFFLINE)
    page = await visits.open(server.url)
    await page.route("**/*", without_streams)
    await page.goto(server.url + held(server, key))
    await expect_notice(page, "Live updates do not get through")

    server.desk.open(key)

    await expect_whole(page)


async def test_a_stream_that_is_cut_again_and_again_shows_everything_once(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    visits.expect(OFFLINE)
    fates = [
        Fate(cut_where=after_some_of_a_stream(bytes_), is_reset=bytes_ % 2 == 1) for bytes_ in range(300, 1_500, 97)
    ]
    with CuttingProxy(server.port, fates) as proxy:
        page = await visits.open(proxy.url + held(server, key))
        await expect_first(page)
        server.desk.open(key)

        await expect_whole(page)

    assert proxy.cuts > 0


async def test_two_tabs_show_one_run_each_without_doubles(visits: Visits, server: ServerProcess, key: str) -> None:
    address = server.url + held(server, key)
    first = await visits.open(address)
    second = await visits.another(first.context, address)
    await expect_first(first)
    await expect_first(second)

    server.desk.open(key)

    await expect_whole(first)
    await expect_whole(second)


async def test_a_hidden_tab_gives_its_connection_back_and_catches_up_when_it_is_seen(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    """A browser opens six connections to a server: tabs that stream unseen would use them up."""
    page = await visits.open(server.url)
    async with page.expect_request(is_stream):
        await page.goto(server.url + held(server, key))
    await expect_first(page)

    async with page.expect_event("requestfailed", is_stream):
        await page.evaluate(HIDE, "hidden")
    async with page.expect_request(is_stream):
        await page.evaluate(HIDE, "visible")

    server.desk.open(key)
    await expect_whole(page)


async def without_streams(route: Route) -> None:
    """Let nothing through that would stream."""
    await (route.abort() if is_stream(route.request) else route.continue_())


def is_stream(request: Request) -> bool:
    return "text/event-stream" in request.headers.get("accept", "")


def after_some_of_a_stream(count: int) -> Callable[[bytes], int | None]:
    """Cut where a stream has told *count* bytes; let everything else through."""

    def where(answer: bytes) -> int | None:
        begins = answer.find(b"text/event-stream")
        return begins + count if 0 <= begins < len(answer) - count else None

    return where
