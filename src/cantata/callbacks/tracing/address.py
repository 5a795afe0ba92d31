"""Where a tool shows its traces: its client must be asked, which may fail for as long as there are none."""

import time
from collections.abc import Callable

ASK_SECONDS = 30.0  # between two questions, until one is answered: each costs a connection


class Address:
    """Asks with *ask*, which blocks and returns None as long as nothing is known."""

    def __init__(self, ask: Callable[[], str | None]) -> None:
        self.url: str | None = None
        self._ask = ask
        self._ask_at = 0.0

    def look(self) -> None:
        """Ask, unless that is known or was asked lately; for the thread that sends."""
        if self.url is None and time.monotonic() >= self._ask_at:
            self._ask_at = time.monotonic() + ASK_SECONDS
            self.url = self._ask()
