"""What examples/ holds, on a page of another origin, in front of a server that lets that origin in."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Fresh
from tests.browser.visits import OFFLINE, Visits
from tests.clients.node import NODE
from tests.server_process import HANG_SECONDS, ROOT, ServerProcess

EXAMPLES = ROOT / "examples"
WEB = ROOT / "web"
QUESTION = "What is 17*23?"


class Quiet(SimpleHTTPRequestHandler):
    """Files, without a line for each request."""

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def origin_of(folder: Path) -> Iterator[str]:
    """Serve a folder under an origin of its own."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as files:
        thread = threading.Thread(target=files.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{files.server_port}"
        finally:
            files.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def react_example() -> Path:
    """Build it as its README says, beneath the packages of web/, so that it finds them without a network."""
    place = WEB / "node_modules/.cache/cantata-example"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(EXAMPLES / "react", place, ignore=shutil.ignore_patterns("node_modules", "dist"))
    built(WEB, "typescript/bin/tsc", "-p", "client")
    built(place, "typescript/bin/tsc")
    built(place, "vite/bin/vite.js", "build")
    return place / "dist"


def built(folder: Path, program: str, *arguments: str) -> None:
    """Run one of the tools of web/ in a folder."""
    command = [str(NODE), str(WEB / "node_modules" / program), *arguments]
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANG_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """Serve examples/."""
    with origin_of(EXAMPLES) as origin:
        yield origin


@pytest.fixture
def welcoming(fresh: Fresh, elsewhere: str) -> ServerProcess:
    """Run a server that lets the examples' origin in."""
    return fresh(None, CORS_ORIGINS=elsewhere).start()


async def test_the_page_without_a_build_shows_what_happens_and_the_answer(
    visits: Visits, elsewhere: str, welcoming: ServerProcess
) -> None:
    page = await visits.open(f"{elsewhere}/plain.html?server={welcoming.url}")

    await page.get_by_label("Question").fill(QUESTION)
    await page.get_by_role("button", name="Ask").click()

    await expect(page.get_by_role("status")).to_contain_text("17*23 = 391")
    await expect(page.get_by_role("listitem").filter(has_text="calculator: 391")).to_be_visible()


async def test_a_server_that_does_not_know_the_page_keeps_it_out(
    visits: Visits, elsewhere: str, server: ServerProcess
) -> None:
    visits.expect(OFFLINE)
    visits.expect("CORS policy")
    page = await visits.open(f"{elsewhere}/plain.html?server={server.url}")

    await page.get_by_role("button", name="Ask").click()

    await expect(page.get_by_role("status")).to_contain_text("does not let this page in")
    assert server.client.get("/api/workflows").json()["workflows"] == []


async def test_the_react_example_shows_thoughts_tools_and_the_answer(
    visits: Visits, fresh: Fresh, react_example: Path
) -> None:
    with origin_of(react_example) as origin:
        server = fresh(None, CORS_ORIGINS=origin, OFFLINE_DEMO_TOKEN_DELAY_MS="5").start()
        page = await visits.open(f"{origin}/?server={server.url}")

        await page.get_by_label("Question").fill(QUESTION)
        await page.get_by_role("button", name="Ask").click()

        await expect(page.get_by_role("status")).to_contain_text("17*23 = 391")
        steps = page.get_by_role("list", name="What it did")
        await expect(steps).to_contain_text("calculator fits")
        await expect(steps).to_contain_text("✓ calculator 391")
        await expect(page.get_by_role("button", name="Stop")).to_have_count(0)


async def test_the_react_example_stops_a_run(visits: Visits, fresh: Fresh, react_example: Path) -> None:
    with origin_of(react_example) as origin:
        server = fresh(None, CORS_ORIGINS=origin, OFFLINE_DEMO_TOKEN_DELAY_MS="5000").start()
        page = await visits.open(f"{origin}/?server={server.url}")
        await page.get_by_role("button", name="Ask").click()

        await page.get_by_role("button", name="Stop").click()

        await expect(page.get_by_role("button", name="Stop")).to_have_count(0)
        assert server.client.get("/api/workflows").json()["workflows"][0]["status"] == "cancelled"
