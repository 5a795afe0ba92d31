"""The command that tries the real API works: here against answers made by hand."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

from tests.graphs.gemini_client import KEY
from tests.graphs.gemini_server import GeminiServer, events, hand_made, said

ROOT = Path(__file__).resolve().parents[2]
USED = {"promptTokenCount": 20, "candidatesTokenCount": 3, "thoughtsTokenCount": 7, "totalTokenCount": 30}
_CITIES = [{"functionCall": {"name": "get_weather", "args": {"city": city}}} for city in ("Lima", "Oslo")]
_COUNTRY = {"functionCall": {"name": "get_country", "args": {}}, "thoughtSignature": "c2lnbmVk"}


async def test_it_says_what_it_may_cost_and_what_it_did(google: GeminiServer) -> None:
    google.script = [
        events(said({"text": "Morning."}, finish="STOP") | {"usageMetadata": USED}),
        events(said({"text": "r, r, r", "thought": True}, {"text": "3"}, finish="STOP") | {"usageMetadata": USED}),
        events(said(_COUNTRY, finish="STOP") | {"usageMetadata": USED}),
        events(said({"text": "Mexico City."}, finish="STOP") | {"usageMetadata": USED}),
        events(said(*_CITIES, finish="STOP") | {"usageMetadata": USED}),
        events(said({"text": "One, "}) | {"usageMetadata": USED}, hangs=True),
        hand_made("bad_key.json"),
    ]

    code, told = await _run(GEMINI_API_KEY=KEY, GOOGLE_GEMINI_BASE_URL=google.url)

    assert code == 0, told
    assert "6 calls of gemini-2.5-flash, each with at most 300 tokens in and 4,096 out" in told
    assert "at most $0.0620 at list price" in told
    assert "6 calls told their usage: 120 tokens in, 60 out: $0.0002 at list price." in told
    assert "c2lnbmVk" in str(google.requests[3]["contents"])
    assert KEY not in told


async def test_without_a_key_it_says_what_to_do() -> None:
    code, told = await _run(GEMINI_API_KEY="")

    assert code == 1
    assert told.startswith("Set GEMINI_API_KEY")
    assert len(told.splitlines()) == 1


async def test_a_call_that_goes_wrong_fails_it(google: GeminiServer) -> None:
    google.script = [hand_made("unknown_model.json")] * 7

    code, told = await _run(GEMINI_API_KEY=KEY, GOOGLE_GEMINI_BASE_URL=google.url)

    assert code == 1
    assert "0 calls told their usage" in told


async def _run(**environment: str) -> tuple[int | None, str]:
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    command = (sys.executable, "-m", "tests.live")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env=inherited | {"GOOGLE_API_KEY": ""} | environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    return process.returncode, (out + err).decode()
