"""A Gemini that costs nothing to wait for: `python -m benchmarks.gemini_peer CHUNKS` prints its port and serves.

Every answer is a flood of that many chunks as the real API frames them, each with the time at which it was sent.
"""

import asyncio
import json
import sys
import time

_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_USED = {"promptTokenCount": 12, "totalTokenCount": 12, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}]}


def _event(text: str, finish: str | None = None) -> bytes:
    candidate = {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0}
    candidates = [candidate | ({"finishReason": finish} if finish else {})]
    told = {"candidates": candidates, "usageMetadata": _USED, "modelVersion": "gemini-2.5-flash", "responseId": "bench"}
    data = b"data: " + json.dumps(told).encode() + b"\r\n\r\n"
    return b"%x\r\n%b\r\n" % (len(data), data)


async def _serve(chunks: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length"))
            await reader.readexactly(int(length.split(":")[1]))
            writer.write(_HEAD)
            for number in range(chunks):
                writer.write(_event(f"@{time.monotonic_ns()}@ ", "STOP" if number == chunks - 1 else None))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as listening:
        print(listening.sockets[0].getsockname()[1], flush=True)
        await listening.serve_forever()


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:  # the client is done
        return ""


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
