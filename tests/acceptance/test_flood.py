"""A flood of tokens must not starve the log: what is not committed nobody is shown."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing

from tests.acceptance.conftest import Fresh
from tests.server_process import ServerProcess

RUNS = 100
WORDS = 1_000
STANDSTILL_SECONDS = 5.0  # a busy machine may stall for some of them


def test_the_committed_log_never_stands_still_under_a_flood(fresh: Fresh) -> None:
    """A writer beside a busy loop can starve for seconds, and its throughput then looks better than ever."""
    server = fresh().start()
    message = {"messages": [{"role": "user", "content": f"flood {WORDS} 0"}]}
    started = [server.started("flood", message) for _ in range(RUNS)]

    longest = max(pauses(server, len(started)))

    assert longest < STANDSTILL_SECONDS


def pauses(server: ServerProcess, runs: int) -> Iterator[float]:
    """Yield the times between two advances of the log, as its file tells, until every run has ended."""
    with closing(sqlite3.connect(f"file:{server.folder / 'cantata.db'}?mode=ro", uri=True)) as connection:
        seen, since = 0, time.monotonic()
        ended = 0
        while ended < runs:
            head, ended = connection.execute("SELECT sum(last_seq), sum(NOT is_open) FROM heads").fetchone()
            now = time.monotonic()
            yield now - since
            if head > seen:
                seen, since = head, now
            time.sleep(0.02)
