"""A Gemini for the research quickstart: it answers by what it is asked, so a fan-out may come in any order.

Knows Gemini's HTTP, nothing of the graph.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SHORT = "https://vertexaisearch.cloud.google.com/id/0-0"
SUMMARY = "The lighthouse is old."


@dataclass
class ResearchServer:
    """The running server, and what it was asked: `queries`, `search`, `reflect` or `answer`."""

    url: str
    asked: list[str] = field(default_factory=list)
    searching: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> None:
        """Answer no search until `release`."""
        self.searching.clear()

    def release(self) -> None:
        """Answer searches again."""
        self.searching.set()


@contextmanager
def research_server() -> Iterator[ResearchServer]:
    """Run the server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            kind = _kind(request)
            server.asked.append(kind)
            if kind == "search":
                server.searching.wait()
            bodies = _answer(kind, server.asked.count("reflect"))
            is_stream = "streamGenerateContent" in self.path
            self.send_response(200)
            self.send_header("content-type", "text/event-stream" if is_stream else "application/json")
            self.end_headers()
            self._write(
                b"".join(b"data: " + json.dumps(body).encode() + b"\r\n\r\n" for body in bodies)
                if is_stream
                else json.dumps(_joined(bodies)).encode()
            )

        def _write(self, data: bytes) -> None:
            with suppress(OSError):  # whoever asked may have been killed
                self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Be silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        server = ResearchServer(f"http://127.0.0.1:{listening.server_port}")
        server.release()
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield server
        server.release()
        listening.shutdown()
        thread.join()


def _kind(request: dict[str, Any]) -> str:
    words = json.dumps(request)
    if "googleSearch" in words or "google_search" in words:
        return "search"
    if "is_sufficient" in words:
        return "reflect"
    return "queries" if "rationale" in words else "answer"


def _answer(kind: str, reflections: int) -> list[dict[str, Any]]:
    match kind:
        case "queries":
            return _said(json.dumps({"query": ["lighthouse age", "lighthouse keeper"], "rationale": "both"}))
        case "reflect":
            is_enough = reflections > 1
            more = [] if is_enough else ["lighthouse height"]
            gap = "" if is_enough else "its height"
            told = {"is_sufficient": is_enough, "knowledge_gap": gap, "follow_up_queries": more}
            return _said(json.dumps(told))
        case "search":
            return _said(SUMMARY, groundingMetadata=_GROUNDING)
        case _:
            return _said("It is ", f"very old [sea]({SHORT}).")


_GROUNDING = {
    "groundingChunks": [{"web": {"uri": "https://sea.example/age", "title": "sea.example"}}],
    "groundingSupports": [
        {"segment": {"startIndex": 0, "endIndex": len(SUMMARY), "text": SUMMARY}, "groundingChunkIndices": [0]}
    ],
}


def _said(*texts: str, **members: Any) -> list[dict[str, Any]]:
    bodies: list[dict[str, Any]] = [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}]} for text in texts
    ]
    bodies[-1]["candidates"][0] |= {"finishReason": "STOP", **members}
    bodies[-1]["usageMetadata"] = {"promptTokenCount": 7, "candidatesTokenCount": 5, "totalTokenCount": 12}
    return bodies


def _joined(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    parts = [part for body in bodies for part in body["candidates"][0]["content"]["parts"]]
    last = bodies[-1]["candidates"][0] | {"content": {"role": "model", "parts": parts}}
    return bodies[-1] | {"candidates": [last]}
