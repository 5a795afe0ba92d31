"""Streams that a program hands out itself."""

from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI, Response

from cantata.server import (
    Cantata,
    cancel_all_streams,
    errors,
    get_active_stream_count,
    get_active_streams,
    get_stats,
    stream_with_sse,
)

QUESTION = "What is 17*23?"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "0")
    monkeypatch.setenv("DEFAULT_MODEL", "offline-demo")


async def test_a_stream_is_the_bytes_of_server_sent_events() -> None:
    async with Cantata():
        stream = await stream_with_sse(QUESTION, options={"temperature": 0.5})
        content = b"".join([data async for data in stream])

    assert content.startswith(b"retry: 1000\n")
    assert b'"fullText":"17*23 = 391.' in content


async def test_a_stream_answers_a_request_of_another_application() -> None:
    app = FastAPI()

    @app.get("/ask")
    async def ask(prompt: str) -> Response:
        return (await stream_with_sse(prompt, format="compat")).response()

    async with Cantata(), httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/ask", params={"prompt": QUESTION})

    assert answer.headers["X-Workflow-Id"].startswith("wf_")
    assert "event: complete" in answer.text


async def test_a_stream_can_be_cancelled_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFLINE_DEMO_TOKEN_DELAY_MS", "1000")
    async with Cantata():
        one, two = await stream_with_sse(QUESTION), await stream_with_sse(QUESTION, agent="writer")
        count, listed = await get_active_stream_count(), await get_active_streams()
        workflow = await one.cancel("enough")
        cancelled = await cancel_all_streams()
        stats = await get_stats()

    assert (count, [stream["agent"] for stream in listed]) == (2, ["writer", "assistant"])
    assert (workflow["status"], workflow["cancelled"]["reason"]) == ("cancelled", "enough")
    assert cancelled == [two.workflow_id]
    assert stats["streams"]["cancelledStreams"] == stats["strategies"]["single"]["runs"]["cancelled"] == 2


async def test_what_cannot_be_honoured_is_refused() -> None:
    with pytest.raises(errors.NotOpened):
        await stream_with_sse(QUESTION)
    async with Cantata() as cantata:
        with pytest.raises(errors.MissingPrompt):
            await cantata.stream_with_sse("")
        with pytest.raises(errors.Invalid, match="format"):
            await cantata.stream_with_sse(QUESTION, format="nothing")  # type: ignore[arg-type]  # on purpose
        with pytest.raises(errors.Invalid, match="colour"):
            await cantata.stream_with_sse(QUESTION, colour="red")  # type: ignore[call-arg]  # on purpose
        with pytest.raises(errors.Invalid, match="tokens"):
            await cantata.stream_with_sse(QUESTION, tokens=True)
