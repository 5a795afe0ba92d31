"""Names of runs, sessions and places in a log, as clients see them."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NewType
from uuid import UUID

from langchain_core.utils.uuid import uuid7
from typeid import TypeID
from typeid.errors import TypeIDException

RunId = NewType("RunId", str)
"""`wf_` and 26 base32 characters of a UUIDv7."""

_CURSOR = re.compile(r"evt_([0-7][0-9a-hjkmnp-tv-z]{25})_(0|[1-9][0-9]{0,17})")
_SESSION = re.compile(r"[A-Za-z0-9._-]{1,128}")
_DEFINITION = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_STARTS = frozenset({"0", "-", "-1", "0-0"})


def new_run_id() -> RunId:
    """Make an id; later ones sort later."""
    return RunId(_typeid(uuid7(), "wf"))


def new_session_id() -> str:
    """Make the id of a session that its client did not name."""
    return _typeid(uuid7(), "sess")


def new_thread_id() -> str:
    """Make the id of a LangGraph thread; no client chooses it."""
    return str(uuid7())


def message_id_of(run_id: RunId, number: int) -> str:
    """Name a message of a session: 0 is what the user said to the run, `n` the run's own `m<n>`."""
    return f"msg_{run_id[3:]}_{number}"


def run_id_of(text: str) -> RunId | None:
    """Read a run's id, as a TypeID or a bare UUID; None when it is neither."""
    try:
        if text.startswith("wf_"):
            TypeID.from_string(text)
            return RunId(text)
        return RunId(_typeid(UUID(text), "wf"))
    except (TypeIDException, ValueError):
        return None


def traced_run_of(trace_id: str) -> RunId | None:
    """Return the run whose trace has this id, a UUID with or without dashes; None when it is none."""
    try:
        return RunId(_typeid(UUID(trace_id), "wf"))
    except ValueError:
        return None


@lru_cache(maxsize=1024)  # a run asks a few times, and decoding costs 15 µs
def uuid_of(run_id: RunId) -> UUID:
    """Return the run's UUIDv7, which is also its root run in LangSmith."""
    return UUID(str(TypeID.from_string(run_id).uuid))


def is_definition_name(text: str) -> bool:
    """Tell whether a client may give a workflow this name."""
    return _DEFINITION.fullmatch(text) is not None


def is_session_id(text: str) -> bool:
    """Tell whether a client may name a session so."""
    return _SESSION.fullmatch(text) is not None


@dataclass(frozen=True)
class Cursor:
    """The last event that a reader has seen: 0 before the first."""

    run_id: RunId
    seq: int

    def __str__(self) -> str:
        return f"evt_{self.run_id[3:]}_{self.seq}"


def cursor_of(text: str, run_id: RunId | None = None) -> Cursor | None:
    """Read a cursor; a bare number stands only where the URL names the run. None when it is no cursor."""
    if match := _CURSOR.fullmatch(text):
        return Cursor(RunId(f"wf_{match[1]}"), int(match[2]))
    if run_id is None:
        return None
    if text in _STARTS:
        return Cursor(run_id, 0)
    return Cursor(run_id, int(text)) if re.fullmatch(r"[1-9][0-9]{0,17}", text) else None


def _typeid(uuid: UUID, prefix: str) -> str:
    return str(TypeID.from_uuid(uuid, prefix=prefix))  # type: ignore[arg-type]  # reads no more than its bytes
