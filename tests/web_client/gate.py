"""An HTTP server in front of the real one: it answers some requests itself, passes the others on, and remembers all."""

import json
import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.server_process import HANG_SECONDS

READ_BYTES = 65_536
_OF_ONE_CONNECTION = ("connection", "transfer-encoding", "keep-alive")


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Their names in small letters."""
    number: int
    """Among all requests, from 1."""

    @property
    def wants_stream(self) -> bool:
        """Tell whether it would take a stream."""
        return "text/event-stream" in self.headers.get("accept", "")


@dataclass(frozen=True)
class Answer:
    """What the gate says itself."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hangs: bool = False
    """Nothing follows the body, and the connection stays open."""

    @classmethod
    def of_json(cls, content: Any, status: int = 200) -> Self:
        """Answer with JSON."""
        kind = "application/json" if status == 200 else "application/problem+json"
        return cls(status, {"Content-Type": kind}, json.dumps(content).encode())


Rule = Callable[[Asked], Answer | None]


def stream(body: bytes, *, hangs: bool = False) -> Answer:
    """Answer with a stream."""
    return Answer(200, {"Content-Type": "text/event-stream"}, body, hangs)


class Gate:
    """Listens while its context is open; `rule` says what it answers itself."""

    def __init__(self, port: int, rule: Rule) -> None:
        self.asked: list[Asked] = []
        self.open = 0
        """Answers that are under way; a heartbeat late, for that is when a client's leaving is noticed."""
        self._rule = rule
        self._target = port
        self._is_over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.05), daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._is_over.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(READ_BYTES)
                if self.raw_requestline and self.parse_request():
                    gate._answer(self)
                self.close_connection = True

            def log_message(self, format: str, *args: Any) -> None:
                """Keep silent."""

        return Handler

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.command, request.path, headers, len(self.asked) + 1)
        self.asked.append(asked)
        body = request.rfile.read(int(headers.get("content-length", 0)))
        answer = self._rule(asked)
        self.open += 1
        try:
            if answer is None:
                self._pass_on(request, asked, body)
            else:
                self._say(request, answer.status, answer.headers, answer.body)
                if answer.hangs:
                    self._is_over.wait(HANG_SECONDS)
        except OSError:
            pass  # the client has left
        finally:
            self.open -= 1

    def _pass_on(self, request: BaseHTTPRequestHandler, asked: Asked, body: bytes) -> None:
        with closing(HTTPConnection("127.0.0.1", self._target, timeout=HANG_SECONDS)) as server:
            host = {"host": f"127.0.0.1:{self._target}"}
            server.request(asked.method, asked.path, body or None, dict(asked.headers) | host)
            with server.getresponse() as response:
                passed_on = (name for name in response.headers if name.lower() not in _OF_ONE_CONNECTION)
                self._say(request, response.status, {name: response.headers[name] for name in passed_on}, b"")
                while data := response.read1(READ_BYTES):
                    request.wfile.write(data)

    def _say(self, request: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
        request.send_response_only(status)
        for name, value in {**headers, "Connection": "close"}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)
        request.wfile.flush()
