"""The real server as a process of its own, and a client that reads its streams as a browser would.

Knows the command line and HTTP, nothing of the server's insides.
"""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any, Self

import httpx

ROOT = Path(__file__).parent.parent
PROJECTS = ROOT / "tests" / "projects"
SCENARIOS = PROJECTS / "scenarios" / "langgraph.json"
COORDINATOR = PROJECTS / "coordinator" / "langgraph.json"
ASSISTANT = ROOT / "langgraph.json"

CANTATA = str(Path(sys.executable).with_name("cantata"))

HANG_SECONDS = 60.0  # nothing here takes so long unless it hangs, on a busy machine either
FIRST_PORT, PORTS_EACH, PORT_SHARES = 12_000, 2_500, 8
SSE = {"Accept": "text/event-stream"}
JSON = {"Accept": "application/json"}
ASYNC = {"Prefer": "respond-async"}

_HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR")  # of the environment; no key and no setting of the tester's own


@dataclass(frozen=True)
class Frame:
    """One frame of a stream: its bytes, and what they say."""

    raw: bytes
    id: str | None
    event: str | None
    data: Any

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """Parse the bytes of a frame, the blank line included."""
        lines = [line.partition(": ") for line in raw.decode().splitlines() if line]
        fields = {name: value for name, _, value in lines}
        data = json.loads(fields["data"]) if "data" in fields else None
        return cls(raw, fields.get("id"), fields.get("event"), data)


@dataclass
class Stream:
    """A stream as it comes in; `cursor` is what the client would send when it reconnects."""

    response: httpx.Response
    raw: bytes = b""
    cursor: str | None = None
    frames: list[Frame] = field(default_factory=list)
    _rest: bytes = b""

    def __post_init__(self) -> None:
        self._incoming = self._read()

    def __iter__(self) -> Iterator[Frame]:
        """Yield the next frames, the first bytes included; a second loop goes on where the first one left."""
        return self._incoming

    def _read(self) -> Iterator[Frame]:
        for chunk in self.response.iter_raw():
            self.raw += chunk
            self._rest += chunk
            while b"\n\n" in self._rest:
                raw, self._rest = self._rest.split(b"\n\n", 1)
                frame = Frame.read(raw + b"\n\n")
                self.cursor = frame.id or self.cursor
                self.frames.append(frame)
                yield frame

    def until(self, event: str, **members: Any) -> Frame:
        """Read up to the first frame of this name with these members."""
        return next(f for f in self if f.event == event and members.items() <= f.data.items())

    def rest(self) -> list[Frame]:
        """Read to the end; return everything that was read."""
        for _ in self:
            pass
        return self.frames

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was read of the log: without the words that the stream itself makes."""
        return [frame.data for frame in self.frames if frame.data is not None and "seq" in frame.data]


@dataclass(frozen=True)
class Desk:
    """The files by which the scenarios' graphs tell what ran, and are let on."""

    folder: Path

    def open(self, gate: str) -> None:
        """Let the graph pass that waits at *gate*."""
        (self.folder / f"{gate}.open").touch()

    def ran(self, key: str) -> Counter[str]:
        """Tell how often each node ran."""
        path = self.folder / f"{key}.ran"
        return Counter(path.read_text().split()) if path.exists() else Counter()


class ServerProcess:
    """A server on a free port, with a database of its own that outlives each of its processes."""

    def __init__(self, folder: Path, config: Path | None = SCENARIOS, **settings: str) -> None:
        self.desk = Desk(folder / "desk")
        self.desk.folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.host = "127.0.0.1"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = f"sqlite:///{folder / 'cantata.db'}"
        self.client = httpx.Client(base_url=self.url, timeout=HANG_SECONDS, trust_env=False)
        self.log = folder / "server.log"
        self._config = config
        self._environment = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        self._environment |= {"OFFLINE_DEMO_TOKEN_DELAY_MS": "0", "SCENARIO_DESK": str(self.desk.folder)} | settings
        self.process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self.process is not None
        return self.process.pid

    def start(self, **settings: str) -> Self:
        """Start a process and wait until it listens; *settings* change the environment from now on."""
        self._environment |= settings
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=subprocess.PIPE, stderr=log, text=True, cwd=self.folder, env=self._environment
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()  # its end, when the process does not come up
        assert "listens" in line, self.log.read_text()
        return self

    def command(self, *more: str) -> list[str]:
        """Return the command line of this server."""
        config = ["--config", str(self._config)] if self._config else []
        serve = [CANTATA, "serve", "--host", self.host]
        return [*serve, "--port", str(self.port), *config, "--database", self.database, *more]

    def told(self, *words: str) -> str:
        """Run another of the program's commands, beside the server or not; return what it printed."""
        done = subprocess.run(
            [CANTATA, *words],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self._environment,
            timeout=HANG_SECONDS,
            check=True,
        )
        return done.stdout

    def refused(self, *more: str, **settings: str) -> tuple[int, str]:
        """Try to start a process that must not come up; return its exit code and what it said."""
        done = subprocess.run(
            self.command(*more),
            capture_output=True,
            text=True,
            cwd=self.folder,
            env=self._environment | settings,
            timeout=HANG_SECONDS,
            check=False,
        )
        return done.returncode, done.stderr

    def kill(self) -> None:
        """Let the process die without a word."""
        self.signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> int:
        """Stop the process in good order; return its exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: int) -> None:
        """Send a signal to this process alone."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for the process to end; return its exit code."""
        assert self.process is not None
        assert self.process.stdout is not None
        code = self.process.wait(HANG_SECONDS)
        self.process.stdout.close()
        return code

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.client.close()

    @contextmanager
    def stream(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Iterator[Stream]:
        """Open a stream; leaving the context cuts it."""
        with self.client.stream(method, path, json=body, headers=SSE | (headers or {})) as response:
            if response.status_code != 200:
                response.read()
                raise AssertionError(f"{response.status_code} {response.text}")
            yield Stream(response)

    def streamed(self, path: str, body: Any, headers: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """Start a run and read its stream to the end."""
        with self.stream("POST", path, body, headers) as stream:
            stream.rest()
        return stream.events

    def events(self, run_id: str, after: str | int = 0) -> list[dict[str, Any]]:
        """Read a run's stream after a cursor to its end."""
        with self.stream("GET", f"/api/workflows/{run_id}/events?after={after}") as stream:
            stream.rest()
        return stream.events

    def waited(self, path: str, body: Any, headers: dict[str, str] | None = None) -> Any:
        """Start a run and wait for it."""
        return self.client.post(path, json=body, headers=JSON | (headers or {})).raise_for_status().json()

    def started(self, graph: str, given: Any, **fields: Any) -> str:
        """Start a run in the background; return its id."""
        body = {"graph": graph, "input": given, **fields}
        answer = self.client.post("/api/workflows", json=body, headers=ASYNC)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["workflow_id"])

    def workflow(self, run_id: str) -> Any:
        """Return the workflow as polling tells it."""
        return self.client.get(f"/api/workflows/{run_id}").raise_for_status().json()

    def seen(self, run_id: str, event: str, **members: Any) -> Frame:
        """Read a run's stream until it tells this."""
        with self.stream("GET", f"/api/workflows/{run_id}/events") as stream:
            return stream.until(event, **members)

    def resident_bytes(self) -> int:
        """Tell how much memory the process holds."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


def eventually(claim: Any, seconds: float = HANG_SECONDS) -> None:
    """Wait until *claim* holds, for what has no event of its own to wait for."""
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def free_port() -> int:
    """Return a port that nobody listens on, nor will: neither the kernel nor another worker of the tests gives it away.

    A server that is killed and started anew leaves its port alone for a while.
    """
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _own_ports() -> Iterator[int]:
    """Give the ports of this worker in turn, from one by chance on: below those that the kernel hands out."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % PORT_SHARES
    share = range(FIRST_PORT + worker * PORTS_EACH, FIRST_PORT + (worker + 1) * PORTS_EACH)
    begin = secrets.randbelow(PORTS_EACH)
    return cycle([*share[begin:], *share[:begin]])


_ports = _own_ports()
