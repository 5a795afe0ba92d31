"""Pictures and files on their way to Gemini: their bytes arrive, and no address is fetched from here."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langchain_core.messages import HumanMessage, ToolMessage

from cantata.graphs.faults import ModelFault
from cantata.graphs.gemini_media import check_media
from tests.graphs.gemini_client import Client, answer_of
from tests.graphs.gemini_server import GeminiServer, events, said

DATA = base64.b64encode(b"\x89PNG and so on").decode()
PNG = {"type": "image", "base64": DATA, "mime_type": "image/png", "extras": {"filename": "a.png"}}
PDF = {"type": "file", "base64": DATA, "mime_type": "application/pdf", "extras": {"filename": "a.pdf"}}
TEXT = {"type": "file", "base64": DATA, "mime_type": "text/plain", "extras": {"filename": "a.txt"}}


@pytest.fixture
async def inner() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Run what only this machine can reach; give its address, and what was asked of it."""
    asked: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readline())
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/latest/meta-data", asked


async def test_pictures_and_files_arrive_with_their_bytes(client: Client, google: GeminiServer) -> None:
    google.script = [events(said({"text": "A cat."}, finish="STOP"))]

    await answer_of(
        client(google.url), [HumanMessage(content=[{"type": "text", "text": "What is it?"}, PNG, PDF, TEXT])]
    )

    words, *media = google.requests[0]["contents"][0]["parts"]
    assert words == {"text": "What is it?"}
    assert [part["inlineData"] for part in media] == [
        {"mime_type": "image/png", "data": DATA},
        {"mime_type": "application/pdf", "data": DATA},
        {"mime_type": "text/plain", "data": DATA},
    ]


def by_address(url: str) -> list[dict[str, Any]]:
    """Give the ways in which a picture can be named by its address."""
    return [
        {"type": "image", "url": url},
        {"type": "file", "url": url, "mime_type": "application/pdf"},
        {"type": "image", "source_type": "url", "url": url},
        {"type": "image_url", "image_url": {"url": url}},
        {"type": "image_url", "image_url": url},
    ]


@pytest.mark.parametrize("number", range(5))
async def test_no_address_is_fetched_from_here(
    client: Client, google: GeminiServer, inner: tuple[str, list[bytes]], number: int
) -> None:
    """Its answer would tell what stands at an address that only the server reaches."""
    address, asked = inner
    message = HumanMessage(content=[by_address(address)[number]])

    with pytest.raises(ModelFault, match="does not fetch") as caught:
        await answer_of(client(google.url), [message])

    assert caught.value.code == "model_invalid_request"
    assert (asked, google.requests) == ([], [])


@pytest.mark.parametrize("number", range(5))
def test_nor_one_that_a_tool_gave(number: int) -> None:
    block = by_address("http://169.254.169.254/")[number]

    with pytest.raises(ModelFault, match="does not fetch"):
        check_media([ToolMessage([block], tool_call_id="1")])


@pytest.mark.parametrize(
    "url", ["https://youtube.com.evil.example/", "https://youtube.com@evil.example/", "file:///etc/passwd", "//x", ""]
)
def test_what_only_looks_like_googles_is_refused(url: str) -> None:
    with pytest.raises(ModelFault):
        check_media([HumanMessage(content=[{"type": "video", "url": url}])])


@pytest.mark.parametrize(
    "block",
    [
        PNG,
        {"type": "video", "url": "https://www.youtube.com/watch?v=1"},
        {"type": "file", "url": "gs://bucket/a.pdf", "mime_type": "application/pdf"},
        {"type": "file", "file_id": "files/abc"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}},
        {"type": "text", "text": "See https://example.org"},
        {"type": "reasoning", "url": "http://10.0.0.1"},
    ],
)
def test_what_needs_no_fetching_passes(block: dict[str, Any]) -> None:
    check_media([HumanMessage(content=[block]), HumanMessage("words")])


async def test_bytes_that_are_none_end_in_a_fault_of_the_request(client: Client, google: GeminiServer) -> None:
    with pytest.raises(ModelFault, match="no base64"):
        await answer_of(client(google.url), [HumanMessage(content=[{**PNG, "base64": "x"}])])

    assert google.requests == []
