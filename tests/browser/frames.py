"""Counts the frames that a page misses while much happens on it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from playwright.async_api import CDPSession, Page

FRAME_MS = 1_000 / 60
RECORD = """() => {
  const times = (window.frameTimes = []);
  const note = (now) => { times.push(now); requestAnimationFrame(note); };
  requestAnimationFrame(note);
}"""


@dataclass(frozen=True)
class Smoothness:
    """How a stretch of time went for who watched."""

    seconds: float
    dropped: int
    """Frames that could have been drawn and were not."""
    dropped_share: float
    worst_ms: float
    script_seconds: float
    heap_mib: float


class Frames:
    """Watches a page from `begin` to `end`."""

    def __init__(self, page: Page, session: CDPSession, script_seconds: float) -> None:
        self._page = page
        self._session = session
        self._script_seconds = script_seconds

    @classmethod
    async def begin(cls, page: Page, *, slowed: float = 1) -> "Frames":
        """Watch from now on, with a processor *slowed* so many times."""
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable")
        await session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        await page.evaluate(RECORD)
        return cls(page, session, (await _metrics(session))["ScriptDuration"])

    async def end(self) -> Smoothness:
        """Tell how it went."""
        times: list[float] = await self._page.evaluate("() => window.frameTimes")
        gaps = [after - before for before, after in pairwise(times)]
        dropped = sum(max(0, round(gap / FRAME_MS) - 1) for gap in gaps)
        metrics = await _metrics(self._session)
        return Smoothness(
            seconds=sum(gaps) / 1_000,
            dropped=dropped,
            dropped_share=dropped / (dropped + len(times)),
            worst_ms=max(gaps),
            script_seconds=metrics["ScriptDuration"] - self._script_seconds,
            heap_mib=metrics["JSHeapUsedSize"] / 1_048_576,
        )


async def _metrics(session: CDPSession) -> dict[str, float]:
    told: Any = await session.send("Performance.getMetrics")
    return {metric["name"]: metric["value"] for metric in told["metrics"]}
