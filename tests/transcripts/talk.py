"""Requests and the bytes of their answers, for transcripts."""

from collections.abc import Callable
from typing import Any

from tests.server_process import Frame, ServerProcess, Stream


class Conversation:
    """Requests and the bytes of their answers, in order."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.raw = b""

    def ask(self, path: str, body: Any) -> Stream:
        """Read the whole stream of a request."""
        with self.server.stream("POST", path, body) as stream:
            stream.rest()
        self.add(f"POST {path}", stream)
        return stream

    def cancelled(self, path: str, body: Any, is_there: Callable[[Frame], bool]) -> None:
        """Read a request's stream to a frame, cancel the run there, and read on."""
        with self.server.stream("POST", path, body) as stream:
            next(filter(is_there, stream))
            run_id = run_of(stream)
            self.server.client.post(f"/api/workflows/{run_id}/cancel", json={"reason": "enough"}).raise_for_status()
            stream.rest()
        self.add(f"POST {path}", stream)

    def resume(self, stream: Stream, answer: Any) -> None:
        """Answer what the run asks at the end of the log so far."""
        asked = stream.events[-1]
        responses = {interrupt["id"]: answer for interrupt in asked["interrupts"]}
        self.ask(f"/api/workflows/{asked['workflow_id']}/resume", {"responses": responses})

    def until_asked(self, body: Any) -> Stream:
        """Read a run's stream to its question; it stays open, so the client leaves."""
        with self.server.stream("POST", "/api/workflows", body) as stream:
            stream.until("workflow_interrupted")
        self.add("POST /api/workflows", stream)
        return stream

    def add(self, title: str, stream: Stream) -> None:
        """Note a stream, up to its last whole frame."""
        self.raw += f"### {title}\n".encode() + b"".join(frame.raw for frame in stream.frames)


def run_of(stream: Stream) -> str:
    """Return the id of the run that a stream tells."""
    return "wf_" + str(stream.cursor).split("_")[1]
