"""Which loads are run, how large, and the medians of their repetitions."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal, TypeVar, get_args

from benchmarks import loads
from benchmarks.compiled import CompiledCost, measure_compiled
from benchmarks.formats import CrowdLoad, FormatCost, FormatsSize, measure_formats
from benchmarks.gemini import GeminiCost, measure_gemini
from benchmarks.loads import RequestResult, StreamLoad, StreamResult
from benchmarks.page import PageSmoothness, measure_page
from benchmarks.raw import RawSpeed, measure_raw
from benchmarks.server import Server, serving
from benchmarks.slow_clients import slow_clients
from benchmarks.tracing import TracingCost, measure_tracing

Suite = Literal["raw", "flood", "pace", "tiny", "poll", "limits", "gemini", "compiled", "formats", "tracing", "page"]
SUITES: tuple[Suite, ...] = get_args(Suite)

TOKENS = 100  # a run in a flood, and raw
CLIENTS = 16  # of short requests
MAX_CONCURRENT_RUNS = 2_000
SLOW_CLIENTS = 600  # that send their requests a byte at a time, or not at all
MANY = {"RATE_LIMIT_DEFAULT": "100000/minute", "RATE_LIMIT_STREAM_START": "100000/minute"}

R = TypeVar(
    "R", RawSpeed, StreamResult, RequestResult, GeminiCost, CompiledCost, FormatCost, TracingCost, PageSmoothness
)


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything."""

    raw_runs: int
    floods: tuple[StreamLoad, ...]
    paces: tuple[StreamLoad, ...]
    tiny_runs_each: int
    first_events: int
    polls_each: int
    gemini_runs: int
    compiled_runs: int
    traced_runs: int
    formats: FormatsSize


def _flood(streams: int, runs_each: int) -> StreamLoad:
    return StreamLoad(streams=streams, runs_each=runs_each, tokens=TOKENS)


def _pace(streams: int, per_second: int, seconds: int) -> StreamLoad:
    return StreamLoad(
        streams=streams,
        runs_each=1,
        tokens=per_second * seconds,
        pace_seconds=1 / per_second,
        ramp_seconds=seconds / 4,
    )


FULL = Size(
    raw_runs=200,
    floods=(_flood(1, 60), _flood(10, 15), _flood(100, 4), _flood(1000, 1)),
    paces=(_pace(1, 50, 3), _pace(10, 50, 3), _pace(100, 50, 5), _pace(1000, 5, 10)),
    tiny_runs_each=60,
    first_events=100,
    polls_each=150,
    gemini_runs=40,
    compiled_runs=40,
    traced_runs=30,
    formats=FormatsSize(
        pace=_pace(100, 50, 4), flood=_flood(100, 2), crowd=CrowdLoad(readers=1000, per_second=50, seconds=4)
    ),
)
QUICK = Size(
    raw_runs=100,
    floods=(_flood(1, 50), _flood(10, 10), _flood(100, 2)),
    paces=(_pace(10, 50, 2), _pace(100, 50, 3)),
    tiny_runs_each=30,
    first_events=50,
    polls_each=60,
    gemini_runs=20,
    compiled_runs=15,
    traced_runs=15,
    formats=FormatsSize(
        pace=_pace(20, 50, 1), flood=_flood(20, 2), crowd=CrowdLoad(readers=100, per_second=50, seconds=1)
    ),
)


@dataclass
class Samples:
    """What the repetitions showed, by the load's name."""

    raw: list[RawSpeed] = field(default_factory=list)
    streams: dict[str, list[StreamResult]] = field(default_factory=dict)
    requests: dict[str, list[RequestResult]] = field(default_factory=dict)
    frame_bytes: int | None = None
    gemini: list[GeminiCost] = field(default_factory=list)
    compiled: list[CompiledCost] = field(default_factory=list)
    tracing: list[TracingCost] = field(default_factory=list)
    formats: dict[str, list[FormatCost]] = field(default_factory=dict)
    page: list[PageSmoothness] = field(default_factory=list)


def measure(samples: Samples, size: Size, wanted: Sequence[Suite], tell: Callable[[str], None]) -> None:
    """Run every wanted suite once, each on a server of its own, and add to *samples*."""
    if {"raw", "flood"} & set(wanted):  # a flood is worth its share of raw
        tell("raw")
        samples.raw.append(measure_raw(size.raw_runs, TOKENS))
    for suite, run in (("flood", _floods), ("pace", _paces), ("tiny", _tiny), ("poll", _polls)):
        if suite in wanted:
            with serving(MAX_CONCURRENT_RUNS) as server:
                loads.tiny_runs(server, 1, 5)  # what is imported or compiled at first use
                loads.stream(server, StreamLoad(streams=1, runs_each=5, tokens=TOKENS))
                run(samples, size, server, tell)
    if "limits" in wanted:
        _limits(samples, size, tell)
    if "formats" in wanted:
        for name, cost in measure_formats(size.formats, tell).items():
            samples.formats.setdefault(name, []).append(cost)
    alone: dict[Suite, Callable[[], None]] = {
        "gemini": lambda: samples.gemini.append(measure_gemini(size.gemini_runs)),
        "compiled": lambda: samples.compiled.append(measure_compiled(size.compiled_runs)),
        "tracing": lambda: samples.tracing.append(measure_tracing(size.traced_runs)),
        "page": lambda: samples.page.append(measure_page()),
    }
    for suite, add in alone.items():
        if suite in wanted:
            tell(suite)
            add()


def median(results: Sequence[R]) -> R:
    """Return the median of each figure."""
    kind = type(results[0])
    return kind(**{f.name: statistics.median(getattr(r, f.name) for r in results) for f in fields(kind)})


def name_of(load: StreamLoad) -> str:
    """Name a load as in the table."""
    if load.pace_seconds == 0:
        return f"flood C={load.streams}"
    return f"pace {load.streams} × {1 / load.pace_seconds:.0f}/s"


def _floods(samples: Samples, size: Size, server: Server, tell: Callable[[str], None]) -> None:
    _streams(samples, size.floods, server, tell)


def _paces(samples: Samples, size: Size, server: Server, tell: Callable[[str], None]) -> None:
    _streams(samples, size.paces, server, tell)


def _streams(samples: Samples, wanted: Sequence[StreamLoad], server: Server, tell: Callable[[str], None]) -> None:
    for load in wanted:
        tell(name_of(load))
        samples.streams.setdefault(name_of(load), []).append(loads.stream(server, load))


def _tiny(samples: Samples, size: Size, server: Server, tell: Callable[[str], None]) -> None:
    tell("tiny runs")
    _add(samples, f"tiny run C={CLIENTS}", loads.tiny_runs(server, CLIENTS, size.tiny_runs_each))
    tell("first events")
    _add(samples, "first event C=1", loads.first_events(server, size.first_events))
    samples.frame_bytes = loads.frame_bytes(server)


def _polls(samples: Samples, size: Size, server: Server, tell: Callable[[str], None]) -> None:
    for suffix in ("", "/status"):
        tell(f"poll {suffix or 'whole'}")
        _add(samples, f"poll …/{{id}}{suffix}", loads.polls(server, suffix, CLIENTS, size.polls_each))


def _limits(samples: Samples, size: Size, tell: Callable[[str], None]) -> None:
    """Poll a server without limits, with them, and while slow clients hold connections."""
    for name, settings in (("no limits", {}), ("limits", MANY)):
        tell(f"status, {name}")
        with serving(MAX_CONCURRENT_RUNS, **settings) as server:
            loads.polls(server, "/status", CLIENTS, size.polls_each)
            _add(samples, f"status, {name}", loads.polls(server, "/status", CLIENTS, 8 * size.polls_each))
    tell("status, beside slow clients")
    with serving(MAX_CONCURRENT_RUNS) as server:
        loads.polls(server, "/status", CLIENTS, size.polls_each)
        with slow_clients(server.port, SLOW_CLIENTS):
            _add(samples, "status, slow clients", loads.polls(server, "/status", CLIENTS, 8 * size.polls_each))


def _add(samples: Samples, name: str, result: RequestResult) -> None:
    samples.requests.setdefault(name, []).append(result)
