"""Pictures and files that go with a message: chosen, pasted or dropped, shown, sent, and still there after a reload."""

import base64
import struct
import zlib
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import FilePayload, Locator, Page, expect

from tests.browser.chat import Chat
from tests.browser.chromium import AXE
from tests.browser.conftest import Fresh
from tests.browser.test_accessibility import RUN_AXE
from tests.browser.visits import OFFLINE, Visits
from tests.server_process import ServerProcess

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def png(side: int = 8) -> bytes:
    """Make a picture."""
    rows = (b"\0" + bytes(side * 3)) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    )


CAT = FilePayload(name="cat.png", mimeType="image/png", buffer=png())
PDF = FilePayload(name="report.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4 and so on")
NOTES = FilePayload(name="notes.md", mimeType="", buffer=b"# Notes")
GIVE = """([kind, name, type, data, text]) => {
  const transfer = new DataTransfer();
  if (text) transfer.items.add(text, "text/plain");
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  transfer.items.add(new File([bytes], name, { type }));
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { ...options, clipboardData: transfer })
    : new DragEvent(kind, { ...options, dataTransfer: transfer });
  return (kind === "paste" ? document.activeElement : document.querySelector("h1")).dispatchEvent(event);
}"""


@pytest.fixture
def key() -> str:
    """Name a session that no other test uses."""
    return f"k{uuid4().hex[:12]}"


async def attach(page: Page, *files: FilePayload) -> None:
    """Choose files by the button's dialog."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Attach pictures").click()
    await (await chooser.value).set_files(list(files))


def attached(page: Page) -> Locator:
    """Find what goes with the message that is being written."""
    return page.get_by_role("form", name="Message").get_by_role("list", name="Attached").get_by_role("listitem")


async def test_files_go_with_a_message_and_are_there_after_a_reload(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await attach(chat.page, CAT, PDF, NOTES)
    await expect(attached(chat.page)).to_have_text(["cat.png69 B", "report.pdf18 B", "notes.md7 B"])
    await chat.say("What is this?")
    await expect(chat.turn(0)).to_contain_text("I see a picture (cat.png, image/png, 69 bytes)")
    await expect(attached(chat.page)).to_have_count(0)
    await chat.ended()

    await chat.page.reload()

    shown = chat.turn(0).get_by_role("list", name="Attached").get_by_role("listitem")
    await expect(shown).to_have_text(["cat.png69 B", "report.pdf18 B", "notes.md7 B"])
    assert await shown.first.locator("img").evaluate("(picture) => picture.naturalWidth") == 8


async def test_a_picture_needs_no_words(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await attach(chat.page, CAT)
    await chat.button("Send").click()

    await expect(chat.turn(0)).to_contain_text("I see a picture")
    await expect(chat.turn(0).locator(".user-bubble")).to_have_count(0)


@pytest.mark.parametrize("kind", ["paste", "drop"])
async def test_a_picture_is_pasted_and_dropped(visits: Visits, server: ServerProcess, kind: str) -> None:
    chat = await Chat.open(visits, server)
    await expect(chat.button("Attach pictures")).to_be_visible()
    await chat.message.focus()

    is_left_alone = await chat.page.evaluate(GIVE, [kind, "cat.png", "image/png", base64.b64encode(png()).decode(), ""])

    assert is_left_alone is False  # the browser would go to the picture
    await expect(attached(chat.page)).to_have_text(["cat.png69 B"])


async def test_text_that_is_pasted_with_its_picture_stays_text(visits: Visits, server: ServerProcess) -> None:
    """As office programs have it."""
    chat = await Chat.open(visits, server)
    await chat.message.focus()

    is_left_alone = await chat.page.evaluate(GIVE, ["paste", "image.png", "image/png", "AAAA", "a cell"])

    assert is_left_alone is True
    await expect(attached(chat.page)).to_have_count(0)


async def test_what_is_attached_is_taken_away_by_keys(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await attach(chat.page, CAT, PDF)

    await chat.button("Remove cat.png").focus()
    await chat.page.keyboard.press("Enter")

    await expect(attached(chat.page)).to_have_text(["report.pdf18 B"])
    await expect(chat.message).to_be_focused()


async def test_what_is_no_picture_pdf_or_text_is_refused_in_words(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    archive = FilePayload(name="all.zip", mimeType="application/zip", buffer=b"PK")
    await attach(chat.page, archive, CAT)

    await expect(chat.page.get_by_role("alert")).to_have_text("all.zip is no picture, PDF or text file.")
    await expect(attached(chat.page)).to_have_count(1)


async def test_limits_are_the_servers_and_told_before_anything_is_sent(visits: Visits, fresh: Fresh) -> None:
    server = fresh(None, MAX_BODY_BYTES="20000").start()
    chat = await Chat.open(visits, server)
    await expect(chat.button("up to 8.9 kB")).to_be_visible()
    large = FilePayload(name="long.txt", mimeType="text/plain", buffer=b"x" * 9_000)
    await attach(chat.page, CAT, large)

    await expect(chat.page.get_by_role("alert")).to_have_text(
        "long.txt has 9 kB: there is room for 8.8 kB with this message."
    )
    await chat.say("What is 2*3?")
    await expect(chat.turn(0)).to_contain_text("2*3 = 6")


async def test_a_picture_that_is_too_large_is_made_smaller(visits: Visits, fresh: Fresh, key: str) -> None:
    server = fresh(None, MAX_BODY_BYTES="400000").start()
    picture = png(2_000) + b"\0" * 400_000
    chat = await Chat.open(visits, server)
    await attach(chat.page, FilePayload(name="photo.png", mimeType="image/png", buffer=picture))
    await expect(attached(chat.page)).to_have_count(1)
    await chat.say("What is 2*3?")
    await expect(chat.turn(0)).to_contain_text("2*3 = 6")

    picture_shown = chat.turn(0).get_by_role("list", name="Attached").locator("img")

    assert await picture_shown.evaluate("(picture) => picture.naturalWidth") == 1_568


async def test_a_message_that_is_refused_gives_its_files_back(visits: Visits, server: ServerProcess) -> None:
    visits.expect(OFFLINE)
    chat = await Chat.open(visits, server)
    problem = {"code": "body_too_large", "detail": "The body is too large.", "title": "Request Entity Too Large"}
    await chat.page.route("**/api/workflows", lambda route: route.fulfill(status=413, json=problem), times=1)
    await attach(chat.page, CAT)
    await chat.say("What is 2*3?")
    await expect(chat.turn(0).get_by_role("alert")).to_contain_text("Attach less, or smaller files.")

    await chat.button("Back to the message").click()

    await expect(attached(chat.page)).to_have_text(["cat.png69 B"])
    await expect(chat.message).to_have_value("What is 2*3?")


async def test_an_edit_keeps_what_was_attached_and_says_so(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await attach(chat.page, CAT)
    await chat.say("What is 2*3?")
    await expect(chat.turn(0)).to_contain_text("2*3 = 6")
    await chat.ended()
    await chat.turn(0).hover()
    await chat.turn(0).get_by_role("button", name="Edit").click()
    await expect(chat.turn(0)).to_contain_text("What is attached goes along.")
    await chat.page.get_by_role("textbox", name="Your message").fill("What is 3*3?")
    await chat.page.get_by_role("textbox", name="Your message").press("Enter")
    await expect(chat.turn(0)).to_contain_text("3*3 = 9")
    await chat.ended()

    await chat.page.reload()

    await expect(chat.turn(0)).to_contain_text("What is 3*3?")
    await expect(chat.turn(0).get_by_role("list", name="Attached")).to_contain_text("cat.png")


async def test_what_is_attached_waits_while_another_conversation_is_looked_at(
    visits: Visits, server: ServerProcess, key: str
) -> None:
    server.waited("/chat", {"message": "What is 2*3?", "session_id": key})
    chat = await Chat.open(visits, server)
    await attach(chat.page, CAT)

    await chat.page.goto(f"{server.url}/#/s/{key}")
    await expect(chat.turn(0)).to_contain_text("2*3 = 6")
    await expect(attached(chat.page)).to_have_count(0)
    await chat.page.goto(f"{server.url}/#/")

    await expect(attached(chat.page)).to_have_count(1)


async def test_whoever_takes_no_files_is_offered_none(visits: Visits, server: ServerProcess) -> None:
    chat = await Chat.open(visits, server)
    await attach(chat.page, CAT)

    await chat.button("Agent or workflow: assistant").click()
    await chat.page.get_by_role("menuitemradio", name="trip_planner").click()

    await expect(chat.button("Attach pictures")).to_have_count(0)
    await expect(chat.page.get_by_role("alert")).to_contain_text("trip_planner takes no files")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_attachments_have_no_serious_fault_and_fit_a_phone(
    visits: Visits, server: ServerProcess, theme: Any
) -> None:
    chat = Chat(await visits.open(server.url, color_scheme=theme, **PHONE))
    await attach(chat.page, CAT, PDF)
    await expect(attached(chat.page)).to_have_count(2)
    await chat.page.evaluate(AXE.read_text())
    before = await chat.page.evaluate(RUN_AXE)
    await chat.say("What is 2*3?")
    await expect(chat.turn(0)).to_contain_text("2*3 = 6")

    assert before + await chat.page.evaluate(RUN_AXE) == []
    assert await chat.page.evaluate("() => document.documentElement.scrollWidth") == 390
