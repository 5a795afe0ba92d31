"""Endpoints for traces that cost the measured process nothing: `python -m benchmarks.trace_peer` prints two ports.

The first takes everything, the second answers 500. One that never answers is a socket that nobody accepts from.
"""

import asyncio

_HEAD = "HTTP/1.1 {} X\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}"


async def _serve() -> None:
    async with await _listen(200) as fine, await _listen(500) as broken:
        print(*(listening.sockets[0].getsockname()[1] for listening in (fine, broken)), flush=True)
        await fine.serve_forever()


async def _listen(status: int) -> asyncio.Server:
    answer = _HEAD.format(status).encode()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = next((line for line in head.lower().split("\r\n") if line.startswith("content-length")), ":0")
            await reader.readexactly(int(length.split(":")[1]))
            writer.write(answer)
            await writer.drain()
        writer.close()

    return await asyncio.start_server(take, "127.0.0.1", 0)


async def _head(reader: asyncio.StreamReader) -> str:
    try:
        return (await reader.readuntil(b"\r\n\r\n")).decode()
    except (asyncio.IncompleteReadError, ConnectionResetError):  # the client is done
        return ""


if __name__ == "__main__":
    asyncio.run(_serve())
