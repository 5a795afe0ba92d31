"""What a stream costs in each format, and what a crowd of readers of one run does, as shares of `reasoning`.

one run ─▶ log ─▶ 1,000 readers of one format; every tenth is timed, the others only take what comes
"""

import asyncio
import resource
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson
import uvloop

from benchmarks import loads
from benchmarks.client import Connection, Exchange, Sink, connect, get, post
from benchmarks.loads import LIMIT_SECONDS, WORKFLOWS, Clocks, Incomplete, StreamLoad, in_ms, quantile
from benchmarks.project.graph import bench_input
from benchmarks.server import Server, serving

FORMATS = ("reasoning", "compat", "chunks", "session")
STREAM, JSON = "text/event-stream", "application/json"
TIMED_SHARE = 10  # one reader of so many
SPARE_FILES = 200  # beside a reader's connection, in either process
RUNS = 200


@dataclass(frozen=True, kw_only=True)
class CrowdLoad:
    """So many readers of one run, which speaks at a pace once they are all there."""

    readers: int
    per_second: int
    seconds: int


@dataclass(frozen=True, kw_only=True)
class FormatsSize:
    """How much of everything, for each format."""

    pace: StreamLoad
    flood: StreamLoad
    crowd: CrowdLoad


@dataclass(frozen=True, kw_only=True)
class FormatCost:
    """What one format costs."""

    token_bytes: float
    pace_lag_p50_ms: float
    pace_lag_p99_ms: float
    pace_cpu_us: float
    flood_tokens_per_second: float
    flood_lag_p50_ms: float
    flood_lag_p99_ms: float
    flood_cpu_us: float
    crowd_lag_p50_ms: float
    crowd_lag_p99_ms: float
    crowd_cpu_us: float
    """Of the server, for a token that reaches one reader."""
    crowd_server_cores: float
    crowd_client_cores: float
    crowd_reader_kib: float
    other_cores: float


def measure_formats(size: FormatsSize, tell: Callable[[str], None]) -> dict[str, FormatCost]:
    """Measure every format, each on a server of its own."""
    allow_connections(size.crowd.readers)
    found = {}
    for name in FORMATS:
        tell(f"format {name}")
        with serving(RUNS) as server:
            loads.stream(server, StreamLoad(streams=1, runs_each=5, tokens=100), _request(name, 100, 0))
            found[name] = _measure(server, name, size)
    return found


def allow_connections(readers: int) -> None:
    """Raise the limit of open files of this process and its children as far as the readers need.

    Raises:
        Incomplete: the machine does not allow so many.
    """
    wanted = readers + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Incomplete(f"{readers} readers need {wanted} open files, but only {hard} are allowed: see `ulimit -Hn`.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _measure(server: Server, name: str, size: FormatsSize) -> FormatCost:
    pace = loads.stream(server, size.pace, _request(name, size.pace.tokens, size.pace.pace_seconds))
    flood = loads.stream(server, size.flood, _request(name, size.flood.tokens, 0))
    crowd = crowd_of(server, name, size.crowd)
    return FormatCost(
        token_bytes=pace.wire_bytes_per_token,
        pace_lag_p50_ms=pace.lag_p50_ms,
        pace_lag_p99_ms=pace.lag_p99_ms,
        pace_cpu_us=pace.cpu_us_per_token,
        flood_tokens_per_second=flood.tokens_per_second,
        flood_lag_p50_ms=flood.lag_p50_ms,
        flood_lag_p99_ms=flood.lag_p99_ms,
        flood_cpu_us=flood.cpu_us_per_token,
        crowd_lag_p50_ms=crowd.lag_p50_ms,
        crowd_lag_p99_ms=crowd.lag_p99_ms,
        crowd_cpu_us=crowd.cpu_us_per_delivery,
        crowd_server_cores=crowd.server_cores,
        crowd_client_cores=crowd.client_cores,
        crowd_reader_kib=crowd.reader_kib,
        other_cores=max(pace.other_cores, flood.other_cores, crowd.other_cores),
    )


def _request(name: str, tokens: int, pace_seconds: float) -> bytes:
    asked = {"graph": "bench", "input": bench_input(tokens, pace_seconds)}
    return post(f"{WORKFLOWS}?format={name}", asked, STREAM)


@dataclass(frozen=True, kw_only=True)
class CrowdResult:
    """What a crowd showed, from the moment when everybody had come."""

    lag_p50_ms: float
    lag_p99_ms: float
    cpu_us_per_delivery: float
    server_cores: float
    client_cores: float
    other_cores: float
    reader_kib: float


def crowd_of(server: Server, name: str, load: CrowdLoad) -> CrowdResult:
    """Let a crowd read one run in the format *name*.

    Raises:
        Incomplete: the run was over before everybody had come, or a reader missed something.
    """
    return uvloop.run(_crowd(server, name, load))


async def _crowd(server: Server, name: str, load: CrowdLoad) -> CrowdResult:
    before_bytes = server.resident_bytes()
    # The run has begun when the last reader comes, so it speaks for longer than is measured.
    tokens = load.per_second * load.seconds * 2
    address = await _start(server, tokens, 1 / load.per_second)
    request = get(f"{address}/events?format={name}", STREAM)
    timed = [await connect(server.port) for _ in range(max(1, load.readers // TIMED_SHARE))]
    async with asyncio.timeout(LIMIT_SECONDS), asyncio.TaskGroup() as tasks:
        exchanges = [tasks.create_task(connection.send(request, is_stream=True)) for connection in timed]
        sinks = [await _sink(server, request) for _ in range(load.readers - len(timed))]
        await asyncio.wait([sink.has_begun for sink in sinks])
        began, heard = Clocks.of(server), [len(exchange.lags) for exchange in _under_way(timed)]
        if any(task.done() for task in exchanges):
            raise Incomplete(f"{load}: the run was over before everybody had come.")
    await asyncio.wait([sink.has_ended for sink in sinks])
    burden = Clocks.of(server).since(began)
    done = [task.result() for task in exchanges]
    reader_kib = (server.resident_bytes() - before_bytes) / 1024 / load.readers
    for connection in timed:
        connection.close()
    if any(len(exchange.lags) != tokens or not exchange.is_completed for exchange in done):
        raise Incomplete(f"{load}: {sorted({(len(e.lags), e.is_completed) for e in done})}")
    lags = array("q", [lag for exchange, first in zip(done, heard, strict=True) for lag in exchange.lags[first:]])
    lag = in_ms(lags)
    return CrowdResult(
        lag_p50_ms=quantile(lag, 0.5),
        lag_p99_ms=quantile(lag, 0.99),
        cpu_us_per_delivery=burden.server_cpu_seconds / (len(lags) * load.readers / len(timed)) * 1e6,
        server_cores=burden.server_cores,
        client_cores=burden.client_cores,
        other_cores=burden.other_cores,
        reader_kib=reader_kib,
    )


async def _start(server: Server, tokens: int, pace_seconds: float) -> str:
    """Start a run that nobody waits for; return its address."""
    asked = post(WORKFLOWS, {"graph": "bench", "input": bench_input(tokens, pace_seconds)}, JSON)
    connection = await connect(server.port)
    answer = await connection.send(asked.replace(b"\r\n\r\n", b"\r\nPrefer: respond-async\r\n\r\n", 1), is_stream=False)
    connection.close()
    return f"{WORKFLOWS}/{orjson.loads(answer.body)['workflow_id']}"


async def _sink(server: Server, request: bytes) -> Sink:
    loop = asyncio.get_running_loop()
    _, sink = await loop.create_connection(lambda: Sink(request), "127.0.0.1", server.port)
    return sink


def _under_way(connections: Sequence[Connection]) -> list[Exchange]:
    return [connection.exchange for connection in connections if connection.exchange is not None]
