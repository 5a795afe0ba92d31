"""How long a run was at work: what its row, its metrics and its line in the log tell."""

from typing import Any

from cantata.callbacks.events import Custom, StepEnd, StepStart, WorkflowInterrupted, WorkflowResumed, WorkflowStarted
from cantata.server.runs.fold import WorkflowFold


def at(second: int) -> str:
    return f"2026-01-01T12:00:{second:02d}.000Z"


STARTED = WorkflowStarted(
    workflow_id="wf_1", timestamp=at(0), graph="tested", strategy="single", input=None, session_id="s"
)
ASKED = WorkflowInterrupted(workflow_id="wf_1", timestamp=at(3), interrupts=[], cause="human", checkpoint_id="c")
SPOKE = Custom(workflow_id="wf_1", timestamp=at(4), node="", path=[], name="word", data={})
RECOVERED = WorkflowResumed(workflow_id="wf_1", timestamp=at(40), cause="recovery", attempt=2)
STEP: dict[str, Any] = {
    "workflow_id": "wf_1",
    "node": "a",
    "path": ["a"],
    "span_id": "1",
    "step": 1,
    "name": "a",
    "task_id": "a:1",
}
CUT = StepEnd(**STEP, timestamp=at(40), status="cancelled", duration_ms=38_000)
ANSWERED = WorkflowResumed(workflow_id="wf_1", timestamp=at(20), cause="human", attempt=1)


def folded(*events: Any) -> WorkflowFold:
    """Fold a history, then tell when the run was first claimed: as whoever goes on with the run does."""
    fold = WorkflowFold()
    for event in (STARTED, *events):
        fold.apply(event)
    fold.begin(at(1))
    return fold


def test_it_begins_when_the_run_is_claimed() -> None:
    assert folded().worked_ms(at(5)) == 4_000


def test_it_rests_while_the_run_waits_for_a_human() -> None:
    fold = folded()
    fold.apply(ASKED)

    assert fold.worked_ms(at(50)) == 2_000


def test_a_run_that_is_cancelled_while_it_waits_does_not_count_the_wait() -> None:
    assert folded(ASKED).worked_ms(at(50)) == 2_000


def test_a_run_that_was_answered_counts_what_it_did_before() -> None:
    assert folded(ASKED, ANSWERED).worked_ms(at(25)) == 2_000 + 5_000


def test_a_run_whose_process_died_counts_all_that_was_done() -> None:
    """Nobody worked between the last event before a crash and the word that somebody goes on."""
    assert folded(SPOKE, RECOVERED).worked_ms(at(50)) == 3_000 + 10_000


def test_what_a_crash_cut_is_not_counted_until_it_is_closed() -> None:
    """The process that goes on closes it, and may come hours later: a run would have had its time by then."""
    begun = StepStart(**STEP, timestamp=at(2), attempt=1)

    assert folded(begun, SPOKE, CUT, RECOVERED).worked_ms(at(50)) == 3_000 + 10_000
