"""The composer: a workflow is put together, run and stored, without a line of code."""

from playwright.async_api import Page, expect

from tests.browser.chat import Chat
from tests.browser.visits import Visits
from tests.server_process import ServerProcess


async def composer(visits: Visits, server: ServerProcess) -> Page:
    """Open the composer, from the start page."""
    page = await visits.open(server.url, viewport={"width": 1400, "height": 900})
    await page.get_by_role("link", name="Compose a workflow").first.click()
    await expect(page.get_by_role("button", name="Run", exact=True)).to_be_visible()
    return page


async def test_a_composed_workflow_runs_and_is_shown_in_a_conversation(visits: Visits, server: ServerProcess) -> None:
    page = await composer(visits, server)

    await page.get_by_role("radio", name="Side by side").check()
    await page.get_by_role("textbox", name="Input").fill("The history of tea")
    await page.get_by_role("button", name="Run", exact=True).click()

    chat = Chat(page)
    await expect(chat.turn(0)).to_be_visible()
    await chat.ended()
    run = server.client.get("/api/workflows").json()["workflows"][0]
    assert (run["status"], run["strategy"]) == ("completed", "parallel")


async def test_a_composed_workflow_is_stored_and_can_be_opened_again(visits: Visits, server: ServerProcess) -> None:
    page = await composer(visits, server)

    await page.get_by_role("button", name="Store the workflow").click()
    await page.get_by_role("menuitem").first.click()
    await page.get_by_role("dialog").get_by_label("Name").fill("tea_notes")
    await page.get_by_role("dialog").get_by_role("button", name="Store").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)

    stored = {one["name"]: one for one in server.client.get("/api/coordinator/workflows").json()["workflows"]}
    assert stored["tea_notes"]["origin"] == "stored"
    await page.reload()
    await page.get_by_role("button", name="Open a workflow").click()
    await expect(page.get_by_role("menuitem", name="tea_notes")).to_be_visible()


async def test_a_new_version_keeps_what_inputs_must_fit(visits: Visits, server: ServerProcess) -> None:
    schema = {"type": "string", "maxLength": 90}
    spec = {"type": "sequential", "steps": [{"agent": "researcher"}]}
    body = {"name": "short_notes", "description": "Notes.", "spec": spec, "input_schema": schema}
    server.client.post("/api/coordinator/workflows", json=body).raise_for_status()
    page = await composer(visits, server)
    await page.get_by_role("button", name="Open a workflow").click()
    await page.get_by_role("menuitem", name="short_notes").click()

    await page.get_by_role("radio", name="Side by side").check()
    await page.get_by_role("button", name="Store the workflow").click()
    await page.get_by_role("menuitem", name="New version of short_notes").click()
    await page.get_by_role("dialog").get_by_role("button", name="Store").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)

    stored = server.client.get("/api/coordinator/workflows/short_notes").json()
    assert (stored["version"], stored["strategy"], stored["input_schema"]) == (2, "parallel", schema)


async def test_the_command_that_does_the_same_is_shown(visits: Visits, server: ServerProcess) -> None:
    page = await composer(visits, server)

    await page.get_by_role("button", name="curl", exact=True).click()

    await expect(page.get_by_role("region", name="The command")).to_contain_text("/api/coordinator/")
