"""What a streamed chunk of Gemini costs on its way: in the bare client, in LangChain's, in ours, in a whole run.

    benchmarks.gemini_peer ──HTTP──▶ `python -m benchmarks.gemini LAYER URL RUNS`, a process for each layer
                           ──HTTP──▶ `cantata serve` ──SSE──▶ this process

Each layer is everything up to there, so what one adds is the difference to the one above.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client import post
from benchmarks.loads import STREAM, WORKFLOWS, StreamLoad, stream
from benchmarks.server import serving

ROOT = Path(__file__).parent.parent
LIMIT_SECONDS = 120.0
CHUNKS = 200  # of an answer
MODEL = "gemini-2.5-flash"
LAYERS = ("raw", "google_genai", "langchain", "guarded")

Ask = Callable[[], Awaitable[int]]
"""Streams one answer and returns the number of chunks with text."""


@dataclass(frozen=True)
class GeminiCost:
    """Processor time of a chunk, in µs, up to each layer; and how late a token is at the end."""

    raw: float
    google_genai: float
    langchain: float
    guarded: float
    path: float
    path_lag_p50_ms: float


def measure_gemini(runs: int) -> GeminiCost:
    """Measure every layer, each in a process of its own.

    Raises:
        subprocess.SubprocessError: one failed, or took too long.
        Incomplete: a token did not reach the reader.
    """
    with _peer() as url:
        costs = {layer: _cost_of(layer, url, runs) for layer in LAYERS}
        reached = {"GEMINI_API_KEY": "bench", "GOOGLE_GEMINI_BASE_URL": url}
        with serving(10, **reached) as server:
            request = post(WORKFLOWS, {"graph": "assistant", "input": _INPUT}, STREAM)
            stream(server, StreamLoad(streams=1, runs_each=5, tokens=CHUNKS), request)
            result = stream(server, StreamLoad(streams=1, runs_each=runs, tokens=CHUNKS), request)
    return GeminiCost(**costs, path=result.cpu_us_per_token, path_lag_p50_ms=result.lag_p50_ms)


_INPUT = {"messages": [{"role": "user", "content": "Go on."}]}


@contextlib.contextmanager
def _peer() -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.gemini_peer", str(CHUNKS)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def _cost_of(layer: str, url: str, runs: int) -> float:
    command = [sys.executable, "-m", "benchmarks.gemini", layer, url, str(runs)]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, timeout=LIMIT_SECONDS, text=True)
    return float(done.stdout)


async def _measure(layer: str, url: str, runs: int) -> float:
    async with _ASKING[layer](url) as ask:
        for _ in range(5):
            await ask()
        began, received = time.process_time(), 0
        for _ in range(runs):
            received += await ask()
    assert received == runs * CHUNKS, received
    return (time.process_time() - began) / received * 1e6


@asynccontextmanager
async def _raw(url: str) -> AsyncIterator[Ask]:
    import httpx  # noqa: PLC0415 — each layer loads only what it measures

    address = f"{url}/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"
    async with httpx.AsyncClient() as client:

        async def ask() -> int:
            received = 0
            async with client.stream("POST", address, json={"contents": []}) as response:
                async for line in response.aiter_lines():
                    if line.startswith("data: "):
                        told = json.loads(line[6:])
                        received += bool(told["candidates"][0]["content"]["parts"][0]["text"])
            return received

        yield ask


@asynccontextmanager
async def _google_genai(url: str) -> AsyncIterator[Ask]:
    from google import genai  # noqa: PLC0415
    from google.genai.types import HttpOptions  # noqa: PLC0415

    client = genai.Client(api_key="bench", http_options=HttpOptions(base_url=url))

    async def ask() -> int:
        chunks = await client.aio.models.generate_content_stream(model=MODEL, contents="Go on.")
        return sum([bool(chunk.text) async for chunk in chunks])

    yield ask
    await client.aio.aclose()


@asynccontextmanager
async def _langchain(url: str) -> AsyncIterator[Ask]:
    from langchain_google_genai import ChatGoogleGenerativeAI  # noqa: PLC0415
    from pydantic import SecretStr  # noqa: PLC0415

    chat = ChatGoogleGenerativeAI(
        model=MODEL, google_api_key=SecretStr("bench"), base_url=url, output_version="v1", include_thoughts=True
    )

    async def ask() -> int:
        return sum([bool(chunk.content) async for chunk in chat.astream("Go on.")])

    yield ask
    await chat.aclose()


@asynccontextmanager
async def _guarded(url: str) -> AsyncIterator[Ask]:
    from cantata.graphs.gemini import gemini_chat  # noqa: PLC0415
    from cantata.graphs.model_settings import ModelOptions, ModelSettings  # noqa: PLC0415

    chat = gemini_chat(MODEL, ModelOptions(), ModelSettings(gemini_api_key="bench", gemini_base_url=url))

    async def ask() -> int:
        return sum([bool(chunk.content) async for chunk in chat.astream("Go on.")])

    yield ask
    await chat.aclose()


_ASKING = {"raw": _raw, "google_genai": _google_genai, "langchain": _langchain, "guarded": _guarded}


if __name__ == "__main__":
    print(asyncio.run(_measure(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
