"""The run state machine under random commands and crashes, over a real file, against a plain model.

queued ─claim─▶ running ─settle─▶ completed | failed | cancelled
   ▲               │ └──────────▶ interrupted ─resume─▶ queued
   └── crash, drain, requeue ──┘
"""

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, precondition, rule

from cantata.server.errors import Fenced, LogConflict, SessionBusy, WorkflowNotFinished
from cantata.server.runs.ids import RunId
from cantata.server.runs.model import ACTIVE_STATUSES, FINAL_STATUSES, Claim, Fence, Rest, Status
from tests.support.backends import ALL, Backend, a_run, cancelled, first_frames, open_backend, said

T = TypeVar("T")

SESSIONS = ("s1", "s2")


@dataclass
class Expected:
    """What the model thinks of a run."""

    session: str
    number: int
    status: Status = "queued"
    epoch: int = 0
    attempt: int = 1
    takeover: str | None = None
    answers: dict[str, Any] | None = None
    log: bytes = b""
    seq: int = 1
    ends: int = 0


class RunStates(RuleBasedStateMachine):
    """Drives one store."""

    runs: Bundle[RunId] = Bundle("runs")
    claims: Bundle[Claim] = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp())
        self._loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        self._backend: Backend = self._run(self._open())
        self._expected: dict[RunId, Expected] = {}
        self._count = 0

    def teardown(self) -> None:
        self._run(self._stack.aclose())
        self._loop.close()
        shutil.rmtree(self._folder)

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(call)

    async def _open(self) -> Backend:
        return await self._stack.enter_async_context(open_backend("sqlite", self._folder))

    def _next_of(self, session: str) -> RunId | None:
        waiting = [(e.number, id) for id, e in self._expected.items() if e.session == session and e.status == "queued"]
        return min(waiting)[1] if waiting else None

    def _is_first(self, run_id: RunId) -> bool:
        me = self._expected[run_id]
        return not any(
            e.session == me.session and e.number < me.number and e.status in ACTIVE_STATUSES
            for e in self._expected.values()
        )

    # Commands

    @rule(target=runs, session=st.sampled_from(SESSIONS), waits=st.booleans())
    def create(self, session: str, waits: bool) -> Any:
        new = a_run(session_id=session, if_busy="enqueue" if waits else "reject")
        frames = first_frames(new)
        is_busy = any(e.session == session and e.status in ACTIVE_STATUSES for e in self._expected.values())
        try:
            created = self._run(self._backend.store.create(new, frames, b"{}"))
        except SessionBusy:
            assert is_busy
            assert not waits
            return _nothing()
        assert created.is_waiting == is_busy
        assert waits or not is_busy
        self._count += 1
        self._expected[new.id] = Expected(session, self._count, log=frames.data)
        return new.id

    @rule(target=claims, run_id=runs)
    def claim(self, run_id: RunId) -> Any:
        me = self._expected.get(run_id)
        claim = self._run(self._backend.store.claim(run_id, "tester"))
        if me is None or me.status != "queued" or not self._is_first(run_id):
            assert claim is None
            return _nothing()
        assert claim is not None
        me.status = "running"
        me.epoch += 1
        me.attempt += me.takeover == "recovery"
        run = claim.run
        assert (run.epoch, run.attempt, run.takeover, run.answers) == (me.epoch, me.attempt, me.takeover, me.answers)
        return claim

    @rule(claim=claims, count=st.integers(1, 3), slip=st.sampled_from([0, 0, 0, -1, 1]))
    def append(self, claim: Claim, count: int, slip: int) -> None:
        """Write as the holder of *claim*, which may be an old one, at the head or beside it."""
        run_id, me = claim.run.id, self._expected.get(claim.run.id)
        after = (me.seq if me else claim.run.last_seq) + slip
        frames = said(run_id, after, count)
        try:
            self._run(self._append(run_id, Fence(claim.run.epoch, after), frames))
        except Fenced:
            assert me is None or me.epoch != claim.run.epoch or me.status in FINAL_STATUSES
        except LogConflict:
            assert slip != 0
        else:
            assert me is not None
            assert me.epoch == claim.run.epoch
            if slip != 0:
                assert frames.data in me.log  # the very same append, repeated
                return
            assert me.status in ACTIVE_STATUSES
            me.log += frames.data
            me.seq += count

    async def _append(self, run_id: RunId, fence: Fence, frames: Any) -> None:
        await self._backend.log.append(run_id, fence, frames)

    @rule(claim=claims, status=st.sampled_from(["completed", "failed", "cancelled"]))
    def end(self, claim: Claim, status: Status) -> None:
        run_id, me = claim.run.id, self._expected.get(claim.run.id)
        after = me.seq if me else claim.run.last_seq
        frames = cancelled(run_id, after)
        may = me is not None and me.epoch == claim.run.epoch and me.status in ACTIVE_STATUSES
        try:
            following = self._run(self._settle(run_id, Fence(claim.run.epoch, after), frames, Rest(status=status)))
        except Fenced:
            assert not may
            return
        assert may
        assert me is not None
        me.status, me.takeover, me.answers = status, None, None
        me.log += frames.data
        me.seq += 1
        me.ends += 1
        assert following == self._next_of(me.session)

    @rule(claim=claims, rest=st.sampled_from([Rest(status="interrupted"), Rest(status="queued", takeover="drain")]))
    def pause(self, claim: Claim, rest: Rest) -> None:
        """Wait for a human, or stop in good order."""
        me = self._expected.get(claim.run.id)
        if me is None or me.status != "running":
            return
        try:
            self._run(self._settle(claim.run.id, Fence(claim.run.epoch, me.seq), None, rest))
        except Fenced:
            assert me.epoch != claim.run.epoch
            return
        assert me.epoch == claim.run.epoch
        me.status, me.takeover, me.answers = rest.status, rest.takeover, None

    @rule(run_id=runs)
    def resume(self, run_id: RunId) -> None:
        me = self._expected.get(run_id)
        if me is None or me.status != "interrupted":
            return
        frames = said(run_id, me.seq)
        rest = Rest(status="queued", answers={"i": me.seq})
        self._run(self._settle(run_id, Fence(me.epoch, me.seq), frames, rest))
        me.status, me.takeover, me.answers = "queued", None, rest.answers
        me.log += frames.data
        me.seq += 1

    @rule(run_id=runs)
    def cancel_what_nobody_executes(self, run_id: RunId) -> None:
        me = self._expected.get(run_id)
        if me is None or me.status not in ("queued", "interrupted"):
            return
        frames = cancelled(run_id, me.seq)
        self._run(self._settle(run_id, Fence(me.epoch, me.seq), frames, Rest(status="cancelled")))
        me.status, me.takeover, me.answers = "cancelled", None, None
        me.log += frames.data
        me.seq += 1
        me.ends += 1

    async def _settle(self, run_id: RunId, fence: Fence, frames: Any, rest: Rest) -> RunId | None:
        return await self._backend.store.settle(run_id, fence, frames, rest, b"{}")

    @rule(run_id=runs)
    def delete(self, run_id: RunId) -> None:
        me = self._expected.get(run_id)
        try:
            self._run(self._backend.store.delete("ada", run_id))
        except WorkflowNotFinished:
            assert me is not None
            assert me.status in ACTIVE_STATUSES
            return
        assert me is None or me.status in FINAL_STATUSES
        self._expected.pop(run_id, None)

    @rule(claim=consumes(claims))
    def lose(self, claim: Claim) -> None:
        """Give the run back, as an execution does that lost its storage."""
        self._run(self._backend.store.requeue(claim.run.id, claim.run.epoch))
        me = self._expected.get(claim.run.id)
        if me and me.epoch == claim.run.epoch and me.status == "running":
            me.status, me.takeover = "queued", "recovery"

    @precondition(lambda self: self._expected)
    @rule()
    def crash(self) -> None:
        """Let the process die; the next one opens the file and recovers."""
        self._run(self._stack.aclose())
        self._backend = self._run(self._open())
        found = self._run(self._backend.store.recover())
        for me in self._expected.values():
            if me.status == "running":
                me.status, me.takeover = "queued", "recovery"
        queued = sorted((e.number, id) for id, e in self._expected.items() if e.status == "queued")
        assert found == [(id, "ada") for _, id in queued]

    # What holds at any time

    @invariant()
    def every_row_is_as_expected(self) -> None:
        for run_id, me in self._expected.items():
            run = self._run(self._backend.store.get("ada", run_id))
            assert run is not None
            told = (run.status, run.epoch, run.attempt, run.takeover, run.answers, run.last_seq)
            assert told == (me.status, me.epoch, me.attempt, me.takeover, me.answers, me.seq)

    @invariant()
    def every_log_is_whole_and_ends_once(self) -> None:
        for run_id, me in self._expected.items():
            frames = self._run(self._backend.log.read(run_id, 0, ALL)).frames
            assert frames is not None
            assert frames.data == me.log
            assert (frames.first_seq, frames.last_seq) == (1, me.seq)
            assert me.ends == (me.status in FINAL_STATUSES)
            assert frames.is_end == (me.status in FINAL_STATUSES)

    @invariant()
    def one_run_of_a_session_goes_on(self) -> None:
        for session in SESSIONS:
            running = [e for e in self._expected.values() if e.session == session and e.status == "running"]
            assert len(running) <= 1


def _nothing() -> Any:
    """Add nothing to the bundle."""
    return multiple()


TestRunStates = RunStates.TestCase
TestRunStates.settings = settings(max_examples=20, stateful_step_count=40)
