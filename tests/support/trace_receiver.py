"""A LangSmith, a Langfuse and an OTLP collector on loopback, which take what the real clients send and tell the tree.

They are as strict as is known of the real ones in what matters here: a root that is posted twice makes LangSmith
refuse the whole batch with 409.
"""

import gzip
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

import zstandard
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.trace_opinions import Opinions

Mood = Literal["fine", "broken", "silent"]
"""Answers; answers 500; takes what comes and never answers."""

TENANT, PROJECT = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
Members = dict[str, Any]


@dataclass
class Seen:
    """One run of LangSmith's or one span, as far as it was told."""

    id: str
    parent: str | None
    name: str
    kind: str
    trace_id: str
    started: float
    ended: float | None
    error: str | None
    members: Members
    """Everything: LangSmith's fields, or a span's attributes."""


@dataclass
class TraceReceiver:
    """What was received, by all endpoints."""

    mood: Mood = "fine"
    posts: Counter[str] = field(default_factory=Counter)
    """How often each run of LangSmith's was posted."""
    ended_by_id: Members = field(default_factory=dict)
    """What was patched in LangSmith under its id alone."""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """As sent, without compression."""
    opinions: Opinions = field(default_factory=Opinions)
    _runs: dict[str, Members] = field(default_factory=dict)
    _spans: dict[str, list[Members]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _leaving: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        """Where everything listens."""
        return f"http://127.0.0.1:{self.port}"

    def environment(self, *tools: str) -> dict[str, str]:
        """Return the settings by which a server tells these tools."""
        found: dict[str, str] = {}
        if "langsmith" in tools:
            found |= {"LANGSMITH_TRACING": "true", "LANGSMITH_ENDPOINT": self.url, "LANGSMITH_API_KEY": "lsv2_pt_test"}
        if "langfuse" in tools:
            found |= {"LANGFUSE_ENABLED": "true", "LANGFUSE_HOST": self.url}
            found |= {"LANGFUSE_PUBLIC_KEY": "pk-lf-test", "LANGFUSE_SECRET_KEY": "sk-lf-test"}
        if "opentelemetry" in tools:
            found |= {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url}
        return found

    def runs(self, trace_id: str) -> list[Seen]:
        """Return what LangSmith knows of a trace, in the order of `dotted_order`."""
        with self._changed:
            found = [run for run in self._runs.values() if run.get("trace_id") == trace_id]
        found.sort(key=lambda run: str(run.get("dotted_order")))
        return [_run_seen(run) for run in found]

    def langfuse(self, trace_id: str) -> list[Seen]:
        """Return the observations of a trace, by their start."""
        return self._seen("langfuse", trace_id.replace("-", ""))

    def otlp(self, trace_id: str | None = None) -> list[Seen]:
        """Return the spans of a trace, or all, by their start."""
        return self._seen("otlp", trace_id and trace_id.replace("-", ""))

    def paths(self) -> set[str]:
        """Return what was asked for, without queries."""
        with self._changed:
            return {path.partition("?")[0] for _, path, _ in self.requests}

    def wait(self, claim: Any, seconds: float = 60.0) -> None:
        """Wait until *claim* holds of what came."""
        with self._changed:
            assert self._changed.wait_for(claim, seconds), "it never came"

    def everything(self) -> str:
        """Return all that was sent, to look for what must not be in it."""
        return b"\n".join(self.bodies).decode(errors="replace")

    def take_multipart(self, content_type: str, body: bytes) -> int:
        """Take a batch of LangSmith's; return the status of the answer."""
        posted, patched = _operations(content_type, body)
        with self._changed:
            if any(run_id in self.posts for run_id in posted):
                return 409
            for run_id, members in posted.items():
                self.posts[run_id] += 1
                self._runs[run_id] = members | self._runs.get(run_id, {})
            for run_id, members in patched.items():
                self._runs.setdefault(run_id, {}).update(members)
            self._changed.notify_all()
        return 202

    def take_spans(self, kind: str, body: bytes) -> int:
        """Take a batch of spans; return the status of the answer."""
        request = ExportTraceServiceRequest.FromString(body)
        found = [
            _span(span) for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans
        ]
        with self._changed:
            self._spans.setdefault(kind, []).extend(found)
            self._changed.notify_all()
        return 200

    def take_end(self, run_id: str, body: bytes) -> int:
        """Take the end of a run of which only the id is told."""
        with self._changed:
            self.ended_by_id[run_id] = json.loads(body)
            self._runs.setdefault(run_id, {}).update({k: v for k, v in json.loads(body).items() if v is not None})
            self._changed.notify_all()
        return 200

    def take_opinion(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Take what a user says of a run, or nothing that is known; return the status and the answer."""
        with self._changed:
            return self.opinions.take(method, path, body, self._runs)

    def note(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        """Note that a request came."""
        with self._changed:
            self.requests.append((method, path, headers))
            self.bodies.append(body)
            self._changed.notify_all()

    def _seen(self, kind: str, trace_id: str | None) -> list[Seen]:
        with self._changed:
            found = [s for s in self._spans.get(kind, []) if trace_id is None or s["trace_id"] == trace_id]
        return [Seen(**span) for span in sorted(found, key=lambda span: (span["started"], span["ended"]))]


@contextmanager
def trace_receiver(mood: Mood = "fine") -> Iterator[TraceReceiver]:
    """Listen while the context is open."""
    receiver = TraceReceiver(mood)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": receiver}))
    receiver.port = server.server_address[1]
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    serving.start()
    try:
        yield receiver
    finally:
        receiver._leaving.set()
        server.shutdown()
        server.server_close()
        serving.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that were killed."""


class _Handler(BaseHTTPRequestHandler):
    receiver: TraceReceiver
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    do_DELETE = do_GET

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding", "")
        if encoding == "gzip":
            body = gzip.decompress(body)
        elif encoding == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        self._answer(body)

    do_PATCH = do_POST

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _answer(self, body: bytes) -> None:
        receiver = self.receiver
        receiver.note(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        if receiver.mood == "silent":
            receiver._leaving.wait()
            return
        status, told = (500, {}) if receiver.mood == "broken" else self._take(body)
        content = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _take(self, body: bytes) -> tuple[int, Any]:
        receiver = self.receiver
        match self.command, self.path.partition("?")[0]:
            case "POST", "/runs/multipart":
                return receiver.take_multipart(self.headers["Content-Type"], body), {}
            case "PATCH", path if path.startswith("/runs/"):
                return receiver.take_end(path.removeprefix("/runs/"), body), {}
            case "GET", "/sessions":
                return 200, [{"id": PROJECT, "tenant_id": TENANT, "name": "default", "reference_dataset_id": None}]
            case "POST", "/api/public/otel/v1/traces":
                return receiver.take_spans("langfuse", body), {}
            case "POST", "/v1/traces":
                return receiver.take_spans("otlp", body), {}
            case "GET", "/api/public/projects":
                return 200, {"data": [{"id": "project-1", "name": "default"}]}
            case method, path:
                return receiver.take_opinion(method, path, body)


def _operations(content_type: str, body: bytes) -> tuple[dict[str, Members], dict[str, Members]]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    found: dict[str, dict[str, Members]] = {"post": {}, "patch": {}}
    for part in message.iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        kind, run_id, *member = name.split(".")
        value = json.loads(part.get_payload(decode=True))  # type: ignore[arg-type]  # a part is bytes
        run = found[kind].setdefault(run_id, {})
        run.update({member[0]: value} if member else {k: v for k, v in value.items() if v is not None})
    return found["post"], found["patch"]


def _run_seen(run: Members) -> Seen:
    return Seen(
        id=run["id"],
        parent=run.get("parent_run_id"),
        name=run["name"],
        kind=run["run_type"],
        trace_id=run["trace_id"],
        started=datetime.fromisoformat(run["start_time"]).timestamp(),
        ended=datetime.fromisoformat(run["end_time"]).timestamp() if run.get("end_time") else None,
        error=run.get("error"),
        members=run,
    )


def _span(span: Any) -> Members:
    attributes = {entry.key: _value(entry.value) for entry in span.attributes}
    return {
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex() or None,
        "name": span.name,
        "kind": str(attributes.get("langfuse.observation.type") or attributes.get("gen_ai.operation.name") or ""),
        "trace_id": span.trace_id.hex(),
        "started": span.start_time_unix_nano / 1e9,
        "ended": span.end_time_unix_nano / 1e9,
        "error": (span.status.message or "error") if span.status.code == span.status.STATUS_CODE_ERROR else None,
        "members": attributes,
    }


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None
