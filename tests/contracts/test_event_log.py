"""What every `EventLog` promises: one order, no lost or doubled event, and no word from a writer that lost its run."""

import asyncio

import pytest

from cantata.server.errors import Fenced, LogConflict
from cantata.server.runs.ids import RunId, new_run_id
from cantata.server.runs.model import Claim, Fence
from tests.support.backends import ALL, Backend, a_run, said, seqs


@pytest.fixture
async def claim(backend: Backend) -> Claim:
    """Return a claimed run, whose log holds event 1."""
    return await backend.claimed()


@pytest.fixture
def run_id(claim: Claim) -> RunId:
    return claim.run.id


async def _filled(backend: Backend, claim: Claim) -> RunId:
    """Give the log three rows: event 1, events 2 to 4 and events 5 to 7."""
    await backend.log.append(claim.run.id, Fence(claim.run.epoch, 1), said(claim.run.id, 1, 3))
    await backend.log.append(claim.run.id, Fence(claim.run.epoch, 4), said(claim.run.id, 4, 3))
    return claim.run.id


async def test_what_was_appended_is_read_in_order(backend: Backend, claim: Claim) -> None:
    run_id = await _filled(backend, claim)

    page = await backend.log.read(run_id, 0, ALL)

    assert seqs(page) == [1, 2, 3, 4, 5, 6, 7]
    assert page.oldest_seq == 1


async def test_an_append_moves_the_runs_head(backend: Backend, claim: Claim, run_id: RunId) -> None:
    await backend.log.append(run_id, Fence(1, 1), said(run_id, 1, 2))

    run = await backend.store.by_id(run_id)

    assert run is not None
    assert run.last_seq == 3


async def test_the_frames_come_back_byte_for_byte(backend: Backend, claim: Claim, run_id: RunId) -> None:
    """Live readers get the bytes that were pushed, late ones those that were stored: they must be the same."""
    frames = said(run_id, 1, 3)
    await backend.log.append(run_id, Fence(1, 1), frames)

    page = await backend.log.read(run_id, 1, ALL)

    assert page.frames == frames


async def test_an_append_of_an_older_epoch_is_refused(backend: Backend, claim: Claim, run_id: RunId) -> None:
    await backend.store.recover()
    await backend.store.claim(run_id, "another")

    with pytest.raises(Fenced):
        await backend.log.append(run_id, Fence(claim.run.epoch, 1), said(run_id, 1))

    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1]


async def test_an_append_of_a_newer_epoch_is_refused(backend: Backend, claim: Claim, run_id: RunId) -> None:
    with pytest.raises(Fenced):
        await backend.log.append(run_id, Fence(claim.run.epoch + 1, 1), said(run_id, 1))


async def test_an_append_to_a_run_that_does_not_exist_is_refused(backend: Backend) -> None:
    """A run that was deleted under its writer must not come back."""
    run_id = new_run_id()

    with pytest.raises(Fenced):
        await backend.log.append(run_id, Fence(1, 0), said(run_id, 0))

    assert (await backend.log.read(run_id, 0, ALL)).frames is None


@pytest.mark.parametrize("after", [0, 2, 9])
async def test_an_append_at_another_head_is_a_conflict(
    backend: Backend, claim: Claim, run_id: RunId, after: int
) -> None:
    with pytest.raises(LogConflict):
        await backend.log.append(run_id, Fence(1, after), said(run_id, after))

    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1]


async def test_an_append_whose_acknowledgement_was_lost_succeeds_again(
    backend: Backend, claim: Claim, run_id: RunId
) -> None:
    frames = said(run_id, 1, 2)
    await backend.log.append(run_id, Fence(1, 1), frames)

    await backend.log.append(run_id, Fence(1, 1), frames)

    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2, 3]


async def test_a_repeated_append_succeeds_also_when_others_followed(
    backend: Backend, claim: Claim, run_id: RunId
) -> None:
    frames = said(run_id, 1, 2)
    await backend.log.append(run_id, Fence(1, 1), frames)
    await backend.log.append(run_id, Fence(1, 3), said(run_id, 3))

    await backend.log.append(run_id, Fence(1, 1), frames)

    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2, 3, 4]


async def test_other_events_at_a_taken_place_are_a_conflict(backend: Backend, claim: Claim, run_id: RunId) -> None:
    """Only the very same bytes are a repetition; anything else would put two stories under one number."""
    await backend.log.append(run_id, Fence(1, 1), said(run_id, 1, 2))

    with pytest.raises(LogConflict):
        await backend.log.append(run_id, Fence(1, 1), said(run_id, 1, 2, minute=7))


async def test_a_repeated_append_of_an_older_epoch_is_refused(backend: Backend, claim: Claim, run_id: RunId) -> None:
    frames = said(run_id, 1)
    await backend.log.append(run_id, Fence(1, 1), frames)
    await backend.store.recover()
    await backend.store.claim(run_id, "another")

    with pytest.raises(Fenced):
        await backend.log.append(run_id, Fence(1, 1), frames)


async def test_a_refused_append_takes_no_other_along(backend: Backend, claim: Claim, run_id: RunId) -> None:
    """Appends of many runs share a transaction; one writer's refusal is nobody else's."""
    good = backend.log.append(run_id, Fence(1, 1), said(run_id, 1))
    bad = backend.log.append(run_id, Fence(9, 2), said(run_id, 2))
    next_good = backend.log.append(run_id, Fence(1, 2), said(run_id, 2))

    await asyncio.wait({good, bad, next_good})

    assert isinstance(bad.exception(), Fenced)
    assert (good.exception(), next_good.exception()) == (None, None)
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2, 3]


async def test_appends_become_durable_in_their_order(backend: Backend, claim: Claim, run_id: RunId) -> None:
    appends = [backend.log.append(run_id, Fence(1, n), said(run_id, n)) for n in range(1, 200)]

    await appends[-1]

    assert all(append.done() for append in appends)
    assert seqs(await backend.log.read(run_id, 0, ALL)) == list(range(1, 201))


@pytest.mark.parametrize("after", range(8))
async def test_reading_may_begin_after_any_event(backend: Backend, claim: Claim, after: int) -> None:
    """Rows hold many events and a cursor may lie inside one."""
    run_id = await _filled(backend, claim)

    page = await backend.log.read(run_id, after, ALL)

    assert seqs(page) == list(range(after + 1, 8))


@pytest.mark.parametrize("after", [7, 8, 1000])
async def test_reading_at_or_beyond_the_head_finds_nothing(backend: Backend, claim: Claim, after: int) -> None:
    run_id = await _filled(backend, claim)

    page = await backend.log.read(run_id, after, ALL)

    assert page.frames is None


async def test_a_page_is_bounded_but_never_empty(backend: Backend, claim: Claim) -> None:
    """A reader with a small window still gets on, one row at a time."""
    run_id = await _filled(backend, claim)

    pages = [await backend.log.read(run_id, after, 1) for after in (0, 1, 4)]

    assert [seqs(page) for page in pages] == [[1], [2, 3, 4], [5, 6, 7]]


@pytest.mark.parametrize("after", range(7))
async def test_a_page_that_is_not_full_is_the_last(backend: Backend, claim: Claim, after: int) -> None:
    """A reader asks no second time after one: what came since was pushed."""
    run_id = await _filled(backend, claim)

    for limit in range(1, 2_000, 50):
        page = await backend.log.read(run_id, after, limit)
        assert page.frames is not None
        assert len(page.frames.data) >= limit or page.frames.last_seq == 7


async def test_runs_do_not_see_each_others_events(backend: Backend, claim: Claim) -> None:
    run_id = await _filled(backend, claim)
    other = await backend.claimed(a_run(session_id="s2"))

    page = await backend.log.read(other.run.id, 0, ALL)

    assert seqs(page) == [1]
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2, 3, 4, 5, 6, 7]


async def test_trimming_removes_from_the_front_and_says_what_is_left(backend: Backend, claim: Claim) -> None:
    run_id = await _filled(backend, claim)

    count = await backend.log.trim(run_id, 5)

    page = await backend.log.read(run_id, 0, ALL)
    assert count == 4
    assert page.oldest_seq == 5
    assert seqs(page) == [5, 6, 7]


@pytest.mark.parametrize("before", range(9))
async def test_trimming_removes_exactly_what_it_was_told_to(backend: Backend, claim: Claim, before: int) -> None:
    """Also in the middle of a row, and the bytes that are left are those that were stored."""
    run_id = await _filled(backend, claim)
    whole = (await backend.log.read(run_id, max(before - 1, 0), ALL)).frames

    counts = [await backend.log.trim(run_id, before) for _ in range(2)]

    page = await backend.log.read(run_id, 0, ALL)
    assert counts == [max(before - 1, 0), 0]
    assert page.oldest_seq == max(before, 1)
    assert page.frames == whole


@pytest.mark.parametrize("after", range(8))
@pytest.mark.parametrize("before", [2, 3, 6])
async def test_a_trimmed_log_is_read_from_any_cursor(backend: Backend, claim: Claim, before: int, after: int) -> None:
    run_id = await _filled(backend, claim)
    await backend.log.trim(run_id, before)

    page = await backend.log.read(run_id, after, ALL)

    assert seqs(page) == list(range(max(before, after + 1), 8))
    assert page.oldest_seq == before


async def test_a_log_may_be_trimmed_again_and_again(backend: Backend, claim: Claim) -> None:
    run_id = await _filled(backend, claim)

    counts = [await backend.log.trim(run_id, before) for before in (3, 4, 4, 2, 7)]

    assert counts == [2, 1, 0, 0, 3]
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [7]


async def test_a_long_log_is_trimmed_to_the_end(backend: Backend, claim: Claim, run_id: RunId) -> None:
    """It goes in portions, so that nobody waits for long: none is forgotten, and a cut row is the last one."""
    for seq in range(1, 13, 2):
        await backend.log.append(run_id, Fence(1, seq), said(run_id, seq, 2, size=100_000))

    count = await backend.log.trim(run_id, 13)

    assert count == 12
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [13]


async def test_trimming_one_log_leaves_the_others(backend: Backend, claim: Claim) -> None:
    run_id = await _filled(backend, claim)
    other = await backend.ended(a_run(session_id="s2"))

    await backend.log.trim(run_id, 8)

    assert seqs(await backend.log.read(other.run.id, 0, ALL)) == [1, 2, 3, 4, 5]


async def test_a_page_says_whether_anything_can_follow(backend: Backend, claim: Claim) -> None:
    """A reader waits only for what can come: not for an ended run's next event, nor for a deleted one's."""
    ended = (await backend.ended(a_run(session_id="s2"))).run
    gone = (await backend.ended(a_run(session_id="s3"))).run
    await backend.store.delete(gone.owner, gone.id)

    pages = [await backend.log.read(run.id, 0, ALL) for run in (claim.run, ended, gone)]

    assert [page.is_closed for page in pages] == [False, True, True]
    assert pages[2].frames is None
    assert pages[2].oldest_seq == 1


async def test_a_wholly_trimmed_log_says_that_everything_is_gone(backend: Backend, claim: Claim) -> None:
    """Never a silent hole: a reader from the start must learn that there was something."""
    run_id = await _filled(backend, claim)

    count = await backend.log.trim(run_id, 8)

    page = await backend.log.read(run_id, 0, ALL)
    assert count == 7
    assert page.frames is None
    assert page.oldest_seq == 8


async def test_trimming_moves_no_head(backend: Backend, claim: Claim) -> None:
    """Numbers go on after retention: an id that a client has seen is never given again."""
    run_id = await _filled(backend, claim)
    await backend.log.trim(run_id, 8)

    await backend.log.append(run_id, Fence(1, 7), said(run_id, 7))

    page = await backend.log.read(run_id, 7, ALL)
    assert seqs(page) == [8]


@pytest.mark.parametrize(
    ("timestamp", "seq"),
    [
        ("2025-12-31T23:59:59.999Z", 0),
        ("2026-01-01T00:00:00.000Z", 0),
        ("2026-01-01T00:00:00.001Z", 1),
        ("2026-01-01T00:00:04.000Z", 3),
        ("2026-01-01T00:00:04.001Z", 4),
        ("2026-01-01T00:00:07.000Z", 6),
        ("2027-01-01T00:00:00.000Z", 7),
    ],
)
async def test_a_time_is_turned_into_a_cursor(backend: Backend, claim: Claim, timestamp: str, seq: int) -> None:
    run_id = await _filled(backend, claim)

    assert await backend.log.seq_at(run_id, timestamp) == seq


async def test_a_time_is_turned_into_the_same_cursor_after_trimming(backend: Backend, claim: Claim) -> None:
    run_id = await _filled(backend, claim)
    await backend.log.trim(run_id, 5)

    assert await backend.log.seq_at(run_id, "2026-01-01T00:00:06.500Z") == 6


@pytest.mark.parametrize("timestamp", ["2026-01-01T00:00:02.000Z", "2026-01-01T00:00:04.500Z"])
async def test_a_time_that_was_trimmed_away_is_a_cursor_before_the_gap(
    backend: Backend, claim: Claim, timestamp: str
) -> None:
    """Whoever asks for it must hear that something is missing there."""
    run_id = await _filled(backend, claim)
    await backend.log.trim(run_id, 5)

    assert await backend.log.seq_at(run_id, timestamp) < 4


async def test_the_cursor_of_an_unknown_log_is_zero(backend: Backend) -> None:
    assert await backend.log.seq_at(new_run_id(), "2027-01-01T00:00:00.000Z") == 0


async def test_events_are_durable_before_a_checkpoint_submitted_after_them(
    backend: Backend, claim: Claim, run_id: RunId
) -> None:
    """A crash between the two may repeat a task, but must not lose what a finished one said."""
    saver = backend.checkpoints.bound(claim, lambda: None)
    place = {"configurable": {"thread_id": claim.run.thread_id, "checkpoint_ns": "", "checkpoint_id": "1"}}
    append = backend.log.append(run_id, Fence(1, 1), said(run_id, 1))

    await saver.aput_writes(place, [("log", "done")], "task")  # type: ignore[arg-type]  # as LangGraph calls it

    assert append.done()
    assert seqs(await backend.log.read(run_id, 0, ALL)) == [1, 2]
