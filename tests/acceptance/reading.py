"""What clients do with streams: follow one through every cut, and fold what they saw."""

import json
import threading
from typing import Any, Self

import httpx

from cantata.callbacks.events import StoredEvent, decode
from cantata.server.runs.fold import fold
from tests.server_process import HANG_SECONDS, SSE, ServerProcess, Stream, eventually

OF_THE_ROW = {"created_at", "started_at", "attempt", "trace", "feedback", "links"}
TERMINAL = {"workflow_completed", "workflow_error", "workflow_cancelled"}


class Follower:
    """Reads a run to its end in a thread of its own; after each cut it repeats its request with its cursor."""

    def __init__(self, server: ServerProcess, method: str, path: str, body: Any = None) -> None:
        self.events: list[dict[str, Any]] = []
        self.cursor: str | None = None
        self.connections = 0
        self._server, self._request = server, (method, path, body)
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def begin(self) -> Self:
        """Connect, and return once the first bytes are there."""
        self._thread.start()
        assert self._has_begun.wait(HANG_SECONDS)
        return self

    def end(self) -> list[dict[str, Any]]:
        """Wait for the terminal event; return all events."""
        self._thread.join(HANG_SECONDS)
        assert not self._thread.is_alive(), "the stream does not end"
        return self.events

    @property
    def run_id(self) -> str:
        """The run that the first bytes named."""
        assert self.cursor is not None
        return "wf_" + self.cursor.split("_")[1]

    def _follow(self) -> None:
        with httpx.Client(base_url=self._server.url, timeout=HANG_SECONDS, trust_env=False) as client:
            while not (self.events and self.events[-1]["type"] in TERMINAL):
                try:
                    self._read(client)
                except httpx.HTTPError:
                    eventually(lambda: is_up(self._server))

    def _read(self, client: httpx.Client) -> None:
        method, path, body = self._request
        headers = SSE | ({"Last-Event-ID": self.cursor} if self.cursor else {})
        with client.stream(method, path, json=body, headers=headers) as response:
            self.connections += 1
            assert response.status_code == 200, response.read()
            stream = Stream(response)
            for frame in stream:
                self.cursor = stream.cursor
                self._has_begun.set()
                if frame.data is not None and "seq" in frame.data:
                    self.events.append(frame.data)


def is_up(server: ServerProcess) -> bool:
    """Tell whether the server answers."""
    try:
        return httpx.get(f"{server.url}/health/live", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def typed(events: list[dict[str, Any]]) -> list[StoredEvent]:
    """Read what a client got as the events that it was made from."""
    return [decode(json.dumps(event).encode()) for event in events]


def folded(events: list[dict[str, Any]]) -> dict[str, Any]:
    """Fold what a client saw."""
    return fold(typed(events))


def told_by_log(workflow: dict[str, Any]) -> dict[str, Any]:
    """Drop from a polled workflow what only the run's row knows."""
    return {name: value for name, value in workflow.items() if name not in OF_THE_ROW}


def types(events: list[dict[str, Any]]) -> list[str]:
    """Name the events that are the run's own."""
    return [event["type"] for event in events if event["type"].startswith("workflow_")]


def standing_texts(workflow: dict[str, Any]) -> list[str]:
    """Return the texts that no repetition made void."""
    return [message["content"].strip() for message in workflow["messages"] if not message["void"]]
