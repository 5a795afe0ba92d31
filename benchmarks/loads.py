"""What the server is put under, and what is read off: every load is bounded in count and in time.

A load's streams each use one connection, opened before the clock starts. Nothing here knows targets or tables.
"""

import asyncio
import time
from array import array
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass

import orjson
import uvloop

from benchmarks.client import Connection, Exchange, connect, get, post
from benchmarks.project.graph import bench_input
from benchmarks.server import Server, machine_cpu_seconds

LIMIT_SECONDS = 90.0  # for any load
WORKFLOWS = "/api/workflows"
STREAM, JSON = "text/event-stream", "application/json"
NANOSECONDS = 1e9

Task = Callable[[Connection, int], Coroutine[None, None, Sequence[Exchange]]]
"""What one client does on its connection, given its number."""


class Incomplete(Exception):
    """A load came back with less than was asked for: its figures would be worth nothing."""


@dataclass(frozen=True, kw_only=True)
class StreamLoad:
    """Streams that each run the benched graph some times over; a pace of 0 is a flood."""

    streams: int
    runs_each: int
    tokens: int
    pace_seconds: float = 0.0
    ramp_seconds: float = 0.0
    """The streams begin evenly over this time."""


@dataclass(frozen=True, kw_only=True)
class Burden:
    """What a load cost."""

    seconds: float
    server_cpu_seconds: float
    client_cpu_seconds: float
    machine_cpu_seconds: float

    @property
    def server_cores(self) -> float:
        """The server's share of a processor."""
        return self.server_cpu_seconds / self.seconds

    @property
    def client_cores(self) -> float:
        """The client's share of a processor: near 1 it is the client that was measured."""
        return self.client_cpu_seconds / self.seconds

    @property
    def other_cores(self) -> float:
        """The share of everybody else on the machine: when it is not near 0, the figures are not ours alone."""
        own = self.server_cpu_seconds + self.client_cpu_seconds
        return max(0.0, self.machine_cpu_seconds - own) / self.seconds


@dataclass(frozen=True, kw_only=True)
class StreamResult:
    """What a load of streams showed."""

    tokens_per_second: float
    cpu_us_per_token: float
    lag_p50_ms: float
    lag_p99_ms: float
    lag_max_ms: float
    first_event_p50_ms: float
    first_event_p99_ms: float
    wire_bytes_per_token: float
    server_cores: float
    client_cores: float
    other_cores: float
    server_mib: float


@dataclass(frozen=True, kw_only=True)
class RequestResult:
    """What a load of short requests showed."""

    per_second: float
    cpu_ms: float
    p50_ms: float
    p99_ms: float
    server_cores: float
    client_cores: float
    other_cores: float


@dataclass(frozen=True)
class Clocks:
    """What has passed so far."""

    wall: float
    server: float
    client: float
    machine: float

    @classmethod
    def of(cls, server: Server) -> "Clocks":
        """Look at all of them."""
        return cls(time.monotonic(), server.cpu_seconds(), time.process_time(), machine_cpu_seconds())

    def since(self, before: "Clocks") -> Burden:
        """Return what has passed between *before* and now."""
        return Burden(
            seconds=self.wall - before.wall,
            server_cpu_seconds=self.server - before.server,
            client_cpu_seconds=self.client - before.client,
            machine_cpu_seconds=self.machine - before.machine,
        )


def stream(server: Server, load: StreamLoad, request: bytes | None = None) -> StreamResult:
    """Run *load*: of the benched graph, or of what *request* asks for, with tokens that bear stamps as that one's do.

    Raises:
        Incomplete: a token is missing, or a run did not complete.
    """
    asked = {"graph": "bench", "input": bench_input(load.tokens, load.pace_seconds)}
    request = request or post(WORKFLOWS, asked, STREAM)

    async def follow(connection: Connection, number: int) -> Sequence[Exchange]:
        await asyncio.sleep(load.ramp_seconds * number / load.streams)
        return [await connection.send(request, is_stream=True) for _ in range(load.runs_each)]

    exchanges, burden = _run(server, load.streams, follow)
    if any(len(e.lags) != load.tokens or not e.is_completed for e in exchanges):
        raise Incomplete(f"{load}: {sorted({(len(e.lags), e.is_completed) for e in exchanges})}")
    return _stream_result(exchanges, burden, server)


def first_events(server: Server, runs: int) -> RequestResult:
    """Start one short stream after the other; times are those of the first event."""
    request = post(WORKFLOWS, {"graph": "bench", "input": bench_input(10)}, STREAM)

    async def follow(connection: Connection, number: int) -> Sequence[Exchange]:
        return [await connection.send(request, is_stream=True) for _ in range(runs)]

    exchanges, burden = _run(server, 1, follow)
    return _request_result(exchanges, burden, [e.first_event_at - e.sent_at for e in exchanges])


def tiny_runs(server: Server, clients: int, runs_each: int) -> RequestResult:
    """Run the smallest graph to its answer.

    Raises:
        Incomplete: a run did not complete.
    """
    request = post(WORKFLOWS, {"graph": "tiny", "input": {"question": "ready?"}}, JSON)
    exchanges, burden = _requests(server, request, clients, runs_each)
    if any(orjson.loads(e.body)["status"] != "completed" for e in exchanges):
        raise Incomplete("A tiny run did not complete.")
    return _request_result(exchanges, burden, _durations(exchanges))


def polls(server: Server, suffix: str, clients: int, requests_each: int) -> RequestResult:
    """Look at a finished run of 100 tokens."""
    request = post(WORKFLOWS, {"graph": "bench", "input": bench_input(100)}, JSON)
    (finished,), _ = _requests(server, request, 1, 1)
    address = f"{WORKFLOWS}/{orjson.loads(finished.body)['workflow_id']}{suffix}"
    exchanges, burden = _requests(server, get(address), clients, requests_each)
    return _request_result(exchanges, burden, _durations(exchanges))


def frame_bytes(server: Server, text: str = "hello", seq: int = 123) -> int:
    """Return the size of one token's frame at the place *seq* of a log."""
    asked = {"graph": "bench", "input": {**bench_input(300), "text": text}}
    (finished,), _ = _requests(server, post(WORKFLOWS, asked, JSON), 1, 1)
    run_id = orjson.loads(finished.body)["workflow_id"]
    end = b"_%d\nevent: message_delta\n" % seq
    frames = _raw_log(server, run_id).split(b"\n\n")
    return next(len(frame) + 2 for frame in frames if end in frame)


def _raw_log(server: Server, run_id: str) -> bytes:
    async def read() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**24)
        request = get(f"{WORKFLOWS}/{run_id}/events").replace(JSON.encode(), STREAM.encode())
        writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        async with asyncio.timeout(LIMIT_SECONDS):
            answer = await reader.read()
        writer.close()
        return answer

    return uvloop.run(read())


def _requests(server: Server, request: bytes, clients: int, each: int) -> tuple[list[Exchange], Burden]:
    async def repeat(connection: Connection, number: int) -> Sequence[Exchange]:
        return [await connection.send(request, is_stream=False) for _ in range(each)]

    return _run(server, clients, repeat)


def _run(server: Server, clients: int, task: Task) -> tuple[list[Exchange], Burden]:
    return uvloop.run(_measured(server, clients, task))


async def _measured(server: Server, clients: int, task: Task) -> tuple[list[Exchange], Burden]:
    connections = [await connect(server.port) for _ in range(clients)]
    exchanges: list[Exchange] = []

    async def one(connection: Connection, number: int) -> None:
        exchanges.extend(await task(connection, number))

    before = Clocks.of(server)
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        for number, connection in enumerate(connections):
            tasks.create_task(one(connection, number))
    burden = Clocks.of(server).since(before)
    for connection in connections:
        connection.close()
    return exchanges, burden


def _stream_result(exchanges: Sequence[Exchange], burden: Burden, server: Server) -> StreamResult:
    lags = array("q")
    for exchange in exchanges:
        lags.extend(exchange.lags)
    lag, first = in_ms(lags), in_ms(e.first_event_at - e.sent_at for e in exchanges)
    return StreamResult(
        tokens_per_second=len(lags) / burden.seconds,
        cpu_us_per_token=burden.server_cpu_seconds / len(lags) * 1e6,
        lag_p50_ms=quantile(lag, 0.5),
        lag_p99_ms=quantile(lag, 0.99),
        lag_max_ms=lag[-1],
        first_event_p50_ms=quantile(first, 0.5),
        first_event_p99_ms=quantile(first, 0.99),
        wire_bytes_per_token=sum(e.received_bytes for e in exchanges) / len(lags),
        server_cores=burden.server_cores,
        client_cores=burden.client_cores,
        other_cores=burden.other_cores,
        server_mib=server.resident_bytes() / 2**20,
    )


def _request_result(exchanges: Sequence[Exchange], burden: Burden, durations: Iterable[int]) -> RequestResult:
    taken = in_ms(durations)
    return RequestResult(
        per_second=len(exchanges) / burden.seconds,
        cpu_ms=burden.server_cpu_seconds / len(exchanges) * 1000,
        p50_ms=quantile(taken, 0.5),
        p99_ms=quantile(taken, 0.99),
        server_cores=burden.server_cores,
        client_cores=burden.client_cores,
        other_cores=burden.other_cores,
    )


def _durations(exchanges: Iterable[Exchange]) -> list[int]:
    return [e.ended_at - e.sent_at for e in exchanges]


def in_ms(nanoseconds: Iterable[int]) -> list[float]:
    """Return times in milliseconds, the shortest first."""
    return [value / NANOSECONDS * 1000 for value in sorted(nanoseconds)]


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the figure that *share* of the others do not pass."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
