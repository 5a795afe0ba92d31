"""The measured server: the real command, in its own process, on a free port, with a new database on disk."""

import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent / "project" / "langgraph.json"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, linux/prctl.h
IN_MEMORY = ("tmpfs", "ramfs")


class ServerFailed(Exception):
    """The server did not start."""


@dataclass(frozen=True)
class Server:
    """A server that runs."""

    process: "subprocess.Popen[bytes]"
    port: int

    def cpu_seconds(self) -> float:
        """Return the processor time, user and system, of all its threads so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def resident_bytes(self) -> int:
        """Return its memory."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def serving(max_concurrent_runs: int, **settings: str) -> Iterator[Server]:
    """Run a server while the context is open; it dies with this process, too. *settings* go into its environment.

    Raises:
        ServerFailed: it does not listen.
    """
    folder = Path(tempfile.mkdtemp(prefix="cantata-bench-", dir=database_root()))
    with (folder / "log.txt").open("wb") as log:
        server = _start(folder, log.fileno(), {"MAX_CONCURRENT_RUNS": str(max_concurrent_runs)} | settings)
        try:
            _await_listening(server, folder)
            yield server
        except BaseException as error:
            error.add_note(f"The server said:\n{_last_words(folder)}")
            raise
        finally:
            _stop(server.process)
            shutil.rmtree(folder, ignore_errors=True)


def machine_cpu_seconds() -> float:
    """Return the processor time that everything on this machine has used so far."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting_for_disk = fields[3:5]
    return (sum(fields) - idle - waiting_for_disk) / TICKS_PER_SECOND


def database_root() -> Path:
    """Return where databases go: the temporary folder, unless that is only memory."""
    temporary = Path(tempfile.gettempdir())
    if file_system(temporary) not in IN_MEMORY:
        return temporary
    own = Path(__file__).parent.parent / ".cantata"
    own.mkdir(exist_ok=True)
    return own


def file_system(path: Path) -> str:
    """Name the type of the file system that *path* lies on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    real = path.resolve()
    holding = [(len(point), kind) for point, kind in mounts if real == Path(point) or Path(point) in real.parents]
    return max(holding)[1]


def sync_milliseconds(folder: Path, times: int = 50) -> float:
    """Return how long the disk takes, in the median, to make 4 KiB durable: no commit is faster."""
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            began = time.monotonic()
            os.write(file.fileno(), b"\0" * 4096)
            os.fdatasync(file.fileno())
            taken.append(time.monotonic() - began)
    return sorted(taken)[times // 2] * 1000


def _start(folder: Path, log: int, settings: dict[str, str]) -> Server:
    port = _free_port()
    command = [str(Path(sys.executable).parent / "cantata"), "serve", "--config", str(PROJECT)]
    command += ["--database", f"sqlite:///{folder}/bench.db", "--port", str(port)]
    # A folder of its own keeps a developer's .env out, and no key of theirs is taken along.
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment |= settings | {"PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT, preexec_fn=_die_with_parent
    )
    return Server(process, port)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)


def _await_listening(server: Server, folder: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while b"Cantata listens on" not in (folder / "log.txt").read_bytes():
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise ServerFailed("The server did not start.")
        time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(folder: Path) -> str:
    return (folder / "log.txt").read_text(errors="replace")[-4000:]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
