"""A client that behaves as a browser's EventSource does, or repeats its POST: it asks until it is told to stop.

Unlike a browser it does not wait before it asks again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.server_process import HANG_SECONDS, SSE, Frame, Stream

MAX_REQUESTS = 200


@dataclass
class EventSource:
    """One request that is repeated after each cut, with the last id that was seen."""

    method: str
    path: str
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    received: list[Frame] = field(default_factory=list)
    """Every frame that says something, in the order of arrival."""
    cursor: str | None = None
    requests: int = 0
    workflow_ids: set[str] = field(default_factory=set)
    """The runs that the answers named."""

    def follow(self, url: str) -> Self:
        """Read to the end: until the answer is 204."""
        with httpx.Client(base_url=url, timeout=HANG_SECONDS, trust_env=False) as client:
            while self._ask(client):
                assert self.requests < MAX_REQUESTS
        return self

    def read_once(self, url: str) -> Self:
        """Read one answer as far as it goes."""
        with httpx.Client(base_url=url, timeout=HANG_SECONDS, trust_env=False) as client:
            self._ask(client)
        return self

    @property
    def kept(self) -> list[Frame]:
        """What is left when each reconnect takes back the frames after the last id: those come again."""
        kept: list[Frame] = []
        for frame in self.received:
            if frame.event == "cut":
                while kept and kept[-1].id is None:
                    kept.pop()
            else:
                kept.append(frame)
        return kept

    @property
    def identified(self) -> list[Frame]:
        """What came with an id."""
        return [frame for frame in self.received if frame.id]

    def _ask(self, client: httpx.Client) -> bool:
        self.requests += 1
        last = {"Last-Event-ID": self.cursor} if self.cursor else {}
        try:
            with client.stream(
                self.method, self.path, json=self.body, headers=SSE | dict(self.headers) | last
            ) as answer:
                if answer.status_code == 204:
                    return False
                assert answer.status_code == 200, answer.read()
                self.workflow_ids.add(answer.headers["x-workflow-id"])
                self._read(Stream(answer))
        except httpx.TransportError:
            pass
        self.received.append(Frame(b"", None, "cut", None))
        return True

    def _read(self, stream: Stream) -> None:
        for frame in stream:
            self.cursor = frame.id or self.cursor
            if frame.data is not None and frame.event != "heartbeat":
                self.received.append(frame)
