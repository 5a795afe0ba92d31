"""Windows of the browser, each a visitor of its own, and everything they complain about."""

import re
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Error, Page

WAIT_MS = 60_000  # for what comes at all; the machine may be busy
WATCH = """document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content security policy: ${event.violatedDirective} forbids ${event.blockedURI}`));"""
GONE = r"net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING)"
OFFLINE = r"Failed to load resource|net::ERR_"
"""What the browser itself writes when a request fails, for tests that make it fail."""


class Visits:
    """Opens windows; what a page writes as an error, throws or tries against its policy is kept as a fault."""

    def __init__(self, browser: Browser) -> None:
        self.faults: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._expected: list[str] = []

    def expect(self, pattern: str) -> None:
        """Take errors of this kind for granted."""
        self._expected.append(pattern)

    async def open(self, url: str, **options: Any) -> Page:
        """Open *url* in a window of its own, with nothing in its storage."""
        told: dict[str, Any] = {"locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"} | options
        context = await self._browser.new_context(**told)
        self._contexts.append(context)
        await context.add_init_script(WATCH)
        await context.grant_permissions(["clipboard-read", "clipboard-write"])
        return await self.another(context, url)

    async def another(self, context: BrowserContext, url: str) -> Page:
        """Open *url* in a further tab of the same window."""
        page = await context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._heard)
        page.on("pageerror", self._thrown)
        page.on("dialog", self._asked)
        await page.goto(url)
        return page

    async def close(self) -> None:
        """Close all windows."""
        for context in self._contexts:
            await context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text} ({message.location.get('url', '')})")

    def _thrown(self, error: Error) -> None:
        self._note(f"thrown: {error.message}\n{error.stack}")

    async def _asked(self, dialog: Dialog) -> None:
        self._note(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _note(self, fault: str) -> None:
        # A server that a test lets go may be gone before its page; what a page makes of that is asserted elsewhere.
        if not any(re.search(pattern, fault) for pattern in (GONE, *self._expected)):
            self.faults.append(fault)
