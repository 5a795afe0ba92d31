"""How smoothly the page shows a run that says much: 2,000 events at 500 a second, in a real browser.

Needs the npm packages of the browser tests: `make packages`.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from playwright.async_api import Browser, async_playwright, expect
from tests.browser.chromium import chromium, libraries
from tests.browser.conftest import PROJECT
from tests.browser.frames import Frames, Smoothness
from tests.server_process import ServerProcess

SLOWED = 4  # times, as a phone's processor beside this one
LIMIT_MS = 120_000


@dataclass(frozen=True)
class PageSmoothness:
    """Frames that were missed, on this processor and on a slower one."""

    dropped_share: float
    worst_ms: float
    script_seconds: float
    heap_mib: float
    slowed_dropped_share: float
    slowed_worst_ms: float
    slowed_script_seconds: float


def measure_page() -> PageSmoothness:
    """Show the run twice, each time on a page of its own."""
    with tempfile.TemporaryDirectory(prefix="cantata-bench-") as folder:
        server = ServerProcess(Path(folder), PROJECT).start()
        try:
            plain, slowed = asyncio.run(_measure(server))
        finally:
            server.close()
    return PageSmoothness(
        plain.dropped_share,
        plain.worst_ms,
        plain.script_seconds,
        plain.heap_mib,
        slowed.dropped_share,
        slowed.worst_ms,
        slowed.script_seconds,
    )


async def _measure(server: ServerProcess) -> tuple[Smoothness, Smoothness]:
    program = chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"], env={"PATH": "/usr/bin:/bin", **libraries(program)}
        )
        try:
            await shown(server, browser)  # what is compiled at first use
            return await shown(server, browser), await shown(server, browser, slowed=SLOWED)
        finally:
            await browser.close()


async def shown(server: ServerProcess, browser: Browser, *, slowed: float = 1) -> Smoothness:
    """Let a page show the run as it comes; tell how smoothly it did."""
    key = f"k{uuid4().hex[:12]}"
    run = server.started("flood", key, session_id=key)
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    page.set_default_timeout(LIMIT_MS)
    await page.goto(f"{server.url}/#/s/{key}/w/{run}")
    await expect(page.get_by_role("button", name="Stop")).to_be_visible()
    frames = await Frames.begin(page, slowed=slowed)
    server.desk.open(key)
    await expect(page.get_by_text("The end.", exact=True)).to_be_attached(timeout=LIMIT_MS)
    smoothness = await frames.end()
    await context.close()
    return smoothness
