"""The page as those who use it name its parts: by roles and labels, which a screen reader goes by, too."""

from dataclasses import dataclass

from playwright.async_api import Locator, Page, expect

from tests.browser.visits import Visits
from tests.server_process import ServerProcess


@dataclass(frozen=True)
class Chat:
    """A window with the page in it."""

    page: Page

    @classmethod
    async def open(cls, visits: Visits, server: ServerProcess, address: str = "/") -> "Chat":
        """Open the page in a window of its own."""
        return cls(await visits.open(server.url + address))

    @property
    def message(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def stop(self) -> Locator:
        """The button that stops what runs."""
        return self.page.get_by_role("button", name="Stop", exact=True)

    @property
    def conversations(self) -> Locator:
        """The list of conversations."""
        return self.page.get_by_role("navigation", name="Conversations")

    @property
    def turns(self) -> Locator:
        """The questions, each with its answer."""
        return self.page.get_by_role("article")

    def turn(self, number: int) -> Locator:
        """Find a question with its answer, counted from 0; -1 is the last."""
        return self.turns.nth(number)

    def button(self, name: str) -> Locator:
        """Find a button by a part of its name."""
        return self.page.get_by_role("button", name=name)

    async def say(self, text: str) -> None:
        """Write a message and send it."""
        await self.message.fill(text)
        await self.message.press("Enter")

    async def ended(self) -> None:
        """Wait until nothing runs."""
        await expect(self.turns).not_to_have_count(0)
        await expect(self.stop).to_have_count(0)

    async def session_id(self) -> str:
        """Tell which conversation is open."""
        hash_: str = await self.page.evaluate("() => location.hash")
        return hash_.split("/")[2]
