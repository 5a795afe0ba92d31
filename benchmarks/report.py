"""What was measured, for a person: tables with shares of raw, and the targets that were met or missed.

A flood's speed is always shown with its lag: a server that gathers for long looks fast and is useless.
"""

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from benchmarks.suites import Samples, median
from benchmarks.targets import TARGETS, Target

Figures = dict[str, float]
"""The medians of everything, by `load.figure`."""

Column = tuple[str, str, str]
"""Title, figure, format."""


STREAM_COLUMNS: tuple[Column, ...] = (
    ("tokens/s", "tokens_per_second", ",.0f"),
    ("× raw", "share_of_raw", ".2f"),
    ("lag p50", "lag_p50_ms", ".1f"),
    ("p99", "lag_p99_ms", ".1f"),
    ("max ms", "lag_max_ms", ".0f"),
    ("CPU µs/token", "cpu_us_per_token", ".1f"),
    ("× raw", "cpu_share_of_raw", ".2f"),
    ("1st event p50", "first_event_p50_ms", ".1f"),
    ("p99 ms", "first_event_p99_ms", ".0f"),
    ("server cores", "server_cores", ".2f"),
    ("client", "client_cores", ".2f"),
    ("others", "other_cores", ".2f"),
    ("RSS MiB", "server_mib", ".0f"),
)
REQUEST_COLUMNS: tuple[Column, ...] = (
    ("per s", "per_second", ",.0f"),
    ("CPU ms", "cpu_ms", ".2f"),
    ("p50 ms", "p50_ms", ".1f"),
    ("p99 ms", "p99_ms", ".1f"),
    ("server cores", "server_cores", ".2f"),
    ("client", "client_cores", ".2f"),
    ("others", "other_cores", ".2f"),
)
GEMINI_LAYERS = (
    ("raw", "httpx and json"),
    ("google_genai", "google-genai"),
    ("langchain", "ChatGoogleGenerativeAI"),
    ("guarded", "our guarded model"),
    ("path", "a run: server, log, SSE"),
)
FORMAT_ROWS: tuple[Column, ...] = (
    ("bytes per token", "token_bytes", ".0f"),
    ("pace: lag p50 ms", "pace_lag_p50_ms", ".2f"),
    ("  p99 ms", "pace_lag_p99_ms", ".1f"),
    ("  CPU µs/token", "pace_cpu_us", ".0f"),
    ("flood: tokens/s", "flood_tokens_per_second", ",.0f"),
    ("  lag p50 ms", "flood_lag_p50_ms", ".0f"),
    ("  p99 ms", "flood_lag_p99_ms", ".0f"),
    ("  CPU µs/token", "flood_cpu_us", ".0f"),
    ("crowd: lag p50 ms", "crowd_lag_p50_ms", ".1f"),
    ("  p99 ms", "crowd_lag_p99_ms", ".1f"),
    ("  CPU µs/delivery", "crowd_cpu_us", ".1f"),
    ("  server cores", "crowd_server_cores", ".2f"),
    ("  client cores", "crowd_client_cores", ".2f"),
    ("  KiB per reader", "crowd_reader_kib", ".0f"),
)
PAGE_ROWS = (("as it is", ""), ("slowed to a quarter", "slowed_"))
NAME_WIDTH = 26
QUIET_CORES = 0.15  # what the rest of a machine may use before a result is doubtful
REFERENCE_TOKENS_PER_SECOND = 18_500  # raw, where a prototype reached the targets


def figures_of(samples: Samples) -> Figures:
    """Return the median of every figure."""
    found: Figures = {}
    for name, results in samples.streams.items():
        found |= {f"{name}.{key}": value for key, value in asdict(median(results)).items()}
        found |= _shares(samples, name)
    for name, answers in samples.requests.items():
        found |= {f"{name}.{key}": value for key, value in asdict(median(answers)).items()}
    found |= _limit_ratios(found)
    for name in ("raw", "gemini", "compiled", "tracing", "page"):
        if results := getattr(samples, name):
            found |= {f"{name}.{key}": value for key, value in asdict(median(results)).items()}
    if samples.gemini:
        found |= _gemini_ratios(samples)
    for name, costs in samples.formats.items():
        found |= {f"format {name}.{key}": value for key, value in asdict(median(costs)).items()}
        found |= _format_ratios(samples, name)
    if samples.frame_bytes is not None:
        found["frame.bytes"] = samples.frame_bytes
    return found


def _limit_ratios(found: Figures) -> Figures:
    free, held, slow = (f"status, {name}" for name in ("no limits", "limits", "slow clients"))
    if f"{held}.cpu_ms" not in found:
        return {}
    return {
        "limits.cpu_us": (found[f"{held}.cpu_ms"] - found[f"{free}.cpu_ms"]) * 1000,
        "limits.slow_clients_ratio": found[f"{slow}.p99_ms"] / found[f"{free}.p99_ms"],
    }


def render(samples: Samples, figures: Figures) -> str:
    """Write everything as text."""
    lines: list[str] = []
    if samples.raw:
        lines += _raw(samples, figures)
    if samples.streams:
        lines += _table("streams", STREAM_COLUMNS, list(samples.streams), figures)
    if samples.requests:
        lines += _table("requests", REQUEST_COLUMNS, list(samples.requests), figures)
    if samples.gemini:
        lines += _gemini(figures)
    if samples.compiled:
        lines += _compiled(figures)
    if samples.tracing:
        lines += _tracing(figures)
    if samples.formats:
        lines += _formats(samples, figures)
    if samples.page:
        lines += _page(figures)
    return "\n".join([*lines, *_targets(figures), *_noise(figures)])


def missed(figures: Figures) -> list[Target]:
    """Return the targets that were measured and missed."""
    return [target for target in TARGETS if target.figure in figures and not target.is_met(figures[target.figure])]


def _shares(samples: Samples, name: str) -> Figures:
    """Compare with raw within each repetition, between which the machine's speed drifts."""
    pairs = list(zip(samples.streams[name], samples.raw, strict=False))
    if not pairs or not name.startswith("flood"):
        return {}
    return {
        f"{name}.share_of_raw": statistics.median(s.tokens_per_second / raw.tokens_per_second for s, raw in pairs),
        f"{name}.cpu_share_of_raw": statistics.median(raw.cpu_us_per_token / s.cpu_us_per_token for s, raw in pairs),
    }


def _gemini_ratios(samples: Samples) -> Figures:
    """Compare layers within each repetition, too."""
    return {
        f"gemini.{name}_of_{base}": statistics.median(getattr(s, name) / getattr(s, base) for s in samples.gemini)
        for name, _ in GEMINI_LAYERS
        for base in ("raw", "langchain")
    }


def _raw(samples: Samples, figures: Figures) -> Iterator[str]:
    speeds = sorted(raw.tokens_per_second for raw in samples.raw)
    yield (
        f"raw graph.astream, in-process, C=1: {figures['raw.tokens_per_second']:,.0f} tokens/s,"
        f" {figures['raw.cpu_us_per_token']:.1f} µs CPU/token"
    )
    share = figures["raw.tokens_per_second"] / REFERENCE_TOKENS_PER_SECOND
    yield f"  {speeds[0]:,.0f} to {speeds[-1]:,.0f} tokens/s in {len(speeds)} repetition(s)"
    yield (
        f"  {share:.2f} of the speed of the reference machine, where a prototype reached the targets"
        f" (raw {REFERENCE_TOKENS_PER_SECOND:,} tokens/s)"
    )
    yield ""


def _gemini(figures: Figures) -> Iterator[str]:
    yield f"{'a chunk of Gemini, up to':<{NAME_WIDTH}}  {'CPU µs':>7}  {'× raw':>7}  {'× LangChain':>11}"
    for name, title in GEMINI_LAYERS:
        cost, of_raw, of_client = (figures[f"gemini.{name}{of}"] for of in ("", "_of_raw", "_of_langchain"))
        yield f"{title:<{NAME_WIDTH}}  {cost:>7.1f}  {of_raw:>7.2f}  {of_client:>11.2f}"
    yield f"  lag at the reader, p50: {figures['gemini.path_lag_p50_ms']:.1f} ms, in a flood"
    yield ""


def _compiled(figures: Figures) -> Iterator[str]:
    yield f"{'a step of a workflow':<{NAME_WIDTH}}  {'CPU µs':>7}  {'by hand':>7}  {'× by hand':>9}"
    for shape in ("sequential", "parallel"):
        cost, by_hand, ratio = (figures[f"compiled.{shape}{of}"] for of in ("", "_by_hand", "_ratio"))
        yield f"{shape:<{NAME_WIDTH}}  {cost:>7.0f}  {by_hand:>7.0f}  {ratio:>9.2f}"
    yield ""


def _tracing(figures: Figures) -> Iterator[str]:
    yield f"{'tracing':<{NAME_WIDTH}}  {'CPU ms/span':>11}  {'refused':>7}  {'broken':>7}  {'silent':>7}"
    for name in ("langsmith", "langfuse", "opentelemetry", "both"):
        shares = (figures.get(f"tracing.{name}_{place}") for place in ("refused", "broken", "silent"))
        cells = "".join(f"  {_cell(share, '.2f', 7)}" for share in shares)
        yield f"{name:<{NAME_WIDTH}}  {figures[f'tracing.{name}_span_ms']:>11.2f}{cells}"
    yield f"  beside a run of {figures['tracing.off_ms']:.1f} ms without; refused, broken, silent: its CPU, × live"
    yield ""


def _format_ratios(samples: Samples, name: str) -> Figures:
    """Compare with `reasoning` within each repetition, too."""
    pairs = list(zip(samples.formats[name], samples.formats["reasoning"], strict=True))
    return {
        f"format {name}.{key}_ratio": statistics.median(
            getattr(cost, key) / max(getattr(base, key), 1e-9) for cost, base in pairs
        )
        for _, key, _ in FORMAT_ROWS
    }


def _formats(samples: Samples, figures: Figures) -> Iterator[str]:
    yield f"{'formats':<{NAME_WIDTH}}" + "".join(f"  {name:>18}" for name in samples.formats)
    for title, key, form in FORMAT_ROWS:
        cells = [
            f"{figures[f'format {name}.{key}']:>9{form}}{figures[f'format {name}.{key}_ratio']:>7.2f} ×"
            for name in samples.formats
        ]
        yield f"{title:<{NAME_WIDTH}}" + "".join(f"  {cell}" for cell in cells)
    yield "  ×: share of `reasoning`; crowd: every reader reads one run"
    yield ""


def _page(figures: Figures) -> Iterator[str]:
    heads = ("missed", "worst ms", "script s", "heap MiB")
    yield f"{'page, 500 events/s':<{NAME_WIDTH}}" + "".join(f"  {head:>8}" for head in heads)
    for title, prefix in PAGE_ROWS:
        missed, worst, script = (
            figures[f"page.{prefix}{name}"] for name in ("dropped_share", "worst_ms", "script_seconds")
        )
        yield f"{title:<{NAME_WIDTH}}  {missed:>8.1%}  {worst:>8.0f}  {script:>8.2f}  {figures['page.heap_mib']:>8.1f}"
    yield ""


def _table(title: str, columns: Sequence[Column], names: Sequence[str], figures: Figures) -> Iterator[str]:
    yield f"{title:<{NAME_WIDTH}}" + "".join(f"  {head:>{_width(head)}}" for head, _, _ in columns)
    for name in names:
        cells = (_cell(figures.get(f"{name}.{key}"), form, _width(head)) for head, key, form in columns)
        yield f"{name:<{NAME_WIDTH}}" + "".join(f"  {cell}" for cell in cells)
    yield ""


def _targets(figures: Figures) -> Iterator[str]:
    yield "targets"
    for target in TARGETS:
        value = figures.get(target.figure)
        bound = f"{'≥' if target.is_floor else '≤'} {target.limit:g} {target.unit}"
        mark = "–" if value is None else "✓" if target.is_met(value) else "✗"
        yield f"  {mark}  {target.title:<{NAME_WIDTH}}  {bound:<12}  {_measured(target, value, figures)}"


def _measured(target: Target, value: float | None, figures: Figures) -> str:
    if value is None:
        return "not measured"
    speed = figures.get("raw.tokens_per_second")
    if speed is None or target.unit != "ms":
        return f"{value:.2f}"
    return f"{value:<10.2f}  at the reference machine's speed {value * speed / REFERENCE_TOKENS_PER_SECOND:.2f}"


def _noise(figures: Figures) -> Iterator[str]:
    others = max((value for name, value in figures.items() if name.endswith(".other_cores")), default=0.0)
    if others > QUIET_CORES:
        yield f"\nThe machine was not quiet: others used up to {others:.2f} processors during a load."


def _width(head: str) -> int:
    return max(len(head), 7)


def _cell(value: float | None, form: str, width: int) -> str:
    return " " * width if value is None else f"{value:>{width}{form}}"
