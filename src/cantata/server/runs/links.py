"""Where clients find a run. An application that is mounted under a path says so once for each request."""

from contextvars import ContextVar

from cantata.server.runs.ids import RunId

root: ContextVar[str] = ContextVar("root", default="")
"""The path under which this request's application is mounted; empty at the root, and where no request is."""


def address_of(run_id: RunId) -> str:
    """Name the run's address."""
    return f"{root.get()}/api/workflows/{run_id}"


def links_of(run_id: RunId) -> dict[str, str]:
    """Name the addresses of a run."""
    own = address_of(run_id)
    return {"self": own} | {name: f"{own}/{name}" for name in ("status", "events", "cancel", "resume", "history")}


def session_links_of(session_id: str) -> dict[str, str]:
    """Name the addresses of a session."""
    own = f"{root.get()}/api/sessions/{session_id}"
    return {"self": own} | {name: f"{own}/{name}" for name in ("messages", "export")}
