"""How long a run was at work: what a timeout counts, and what the last event tells."""

from datetime import datetime


class WorkedTime:
    """Adds up the stretches in which the run was at work; when the first one began may be told last."""

    def __init__(self) -> None:
        self._done_ms = 0
        self._since: str | None = None
        self._first_end: str | None = None

    def begin(self, timestamp: str) -> None:
        """Note when the first stretch began."""
        if self._first_end is None:
            self._since = timestamp
        else:
            self._done_ms += _between(timestamp, self._first_end)

    def go_on(self, timestamp: str) -> None:
        """Note that another stretch begins."""
        self._since = timestamp

    def pause(self, timestamp: str) -> None:
        """Note that a stretch ended."""
        self._first_end = self._first_end or timestamp
        self._done_ms = self.until(timestamp)
        self._since = None

    def until(self, timestamp: str) -> int:
        """Return the milliseconds at work until *timestamp*."""
        return self._done_ms + (_between(self._since, timestamp) if self._since else 0)


def _between(start: str, end: str) -> int:
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()
    return max(0, round(seconds * 1000))
