"""What every `Bus` promises: a hint, in order and without a hole, or the word that the log must be read."""

from collections.abc import Iterator

import anyio
import pytest

from cantata.server.runs.ids import new_run_id
from cantata.server.runs.ports.bus import Behind, Bus, Subscription
from tests.support.backends import Backend, said

RUN, OTHER = new_run_id(), new_run_id()
WINDOW = 2_000  # bytes; a note of `said` has some 190


@pytest.fixture
def bus(backend: Backend) -> Bus:
    return backend.bus(WINDOW)


@pytest.fixture
def pushes(bus: Bus) -> Iterator[Subscription]:
    """Subscribe to the run."""
    with bus.subscribe(RUN) as subscription:
        yield subscription


async def test_nothing_is_taken_before_something_is_published(pushes: Subscription) -> None:
    assert pushes.take(0) is None


async def test_published_frames_are_taken_as_they_are(bus: Bus, pushes: Subscription) -> None:
    frames = said(RUN, 0, 3)

    bus.publish(RUN, frames)

    assert pushes.take(0) == frames
    assert pushes.take(3) is None


async def test_what_gathered_is_taken_at_once(bus: Bus, pushes: Subscription) -> None:
    first, second = said(RUN, 0, 2), said(RUN, 2, 1)

    bus.publish(RUN, first)
    bus.publish(RUN, second)

    taken = pushes.take(0)
    assert taken is not None
    assert (taken.first_seq, taken.last_seq, taken.data) == (1, 3, first.data + second.data)


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_frames_that_overlap_the_cursor_are_cut(bus: Bus, pushes: Subscription, after: int) -> None:
    """The log may have shown a part of what is pushed a moment later."""
    bus.publish(RUN, said(RUN, 0, 3))

    taken = pushes.take(after)

    assert taken is not None
    assert (taken.first_seq, taken.last_seq) == (after + 1, 3)
    assert [event.seq for event in taken.events()] == list(range(after + 1, 4))


async def test_frames_before_the_cursor_are_passed_over(bus: Bus, pushes: Subscription) -> None:
    bus.publish(RUN, said(RUN, 0, 3))
    bus.publish(RUN, said(RUN, 3, 1))

    taken = pushes.take(3)

    assert taken is not None
    assert (taken.first_seq, taken.last_seq) == (4, 4)


async def test_only_old_frames_are_nothing(bus: Bus, pushes: Subscription) -> None:
    bus.publish(RUN, said(RUN, 0, 3))

    assert pushes.take(5) is None


async def test_a_gap_says_behind_once(bus: Bus, pushes: Subscription) -> None:
    bus.publish(RUN, said(RUN, 4, 1))

    with pytest.raises(Behind):
        pushes.take(0)

    assert pushes.take(5) is None


async def test_a_gap_in_the_middle_gives_first_what_is_whole(bus: Bus, pushes: Subscription) -> None:
    bus.publish(RUN, said(RUN, 0, 1))
    bus.publish(RUN, said(RUN, 4, 1))

    taken = pushes.take(0)

    assert taken is not None
    assert taken.last_seq == 1
    with pytest.raises(Behind):
        pushes.take(1)


async def test_an_overflow_says_behind_once(bus: Bus, pushes: Subscription) -> None:
    """The window bounds what a slow reader costs; what it missed is in the log."""
    bus.publish(RUN, said(RUN, 0, 1, size=WINDOW))
    bus.publish(RUN, said(RUN, 1, 1))

    with pytest.raises(Behind):
        pushes.take(0)

    assert pushes.take(2) is None


async def test_a_reader_that_caught_up_hears_again(bus: Bus, pushes: Subscription) -> None:
    bus.publish(RUN, said(RUN, 0, 1, size=WINDOW))
    with pytest.raises(Behind):
        pushes.take(0)

    frames = said(RUN, 1, 1)
    bus.publish(RUN, frames)

    assert pushes.take(1) == frames


async def test_the_window_is_free_again_when_it_was_emptied(bus: Bus, pushes: Subscription) -> None:
    half = said(RUN, 0, 1, size=WINDOW // 2)
    bus.publish(RUN, half)
    pushes.take(0)

    bus.publish(RUN, said(RUN, 1, 1, size=WINDOW // 2))

    taken = pushes.take(1)
    assert taken is not None
    assert taken.last_seq == 2


async def test_waiting_ends_with_a_push(bus: Bus, pushes: Subscription) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pushes.wait)
        await anyio.wait_all_tasks_blocked()
        bus.publish(RUN, said(RUN, 0))

    assert pushes.take(0) is not None


async def test_waiting_ends_with_an_overflow(bus: Bus, pushes: Subscription) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pushes.wait)
        await anyio.wait_all_tasks_blocked()
        bus.publish(RUN, said(RUN, 0, 1, size=WINDOW))

    with pytest.raises(Behind):
        pushes.take(0)


async def test_waiting_ends_when_woken(pushes: Subscription) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pushes.wait)
        await anyio.wait_all_tasks_blocked()
        pushes.wake()

    assert pushes.take(0) is None


async def test_a_push_before_the_wait_is_not_slept_through(bus: Bus, pushes: Subscription) -> None:
    """Between looking and waiting something may come: the reader would sleep although there is work."""
    assert pushes.take(0) is None
    bus.publish(RUN, said(RUN, 0))

    with anyio.fail_after(30):
        await pushes.wait()

    assert pushes.take(0) is not None


async def test_a_wake_before_the_wait_counts_once(pushes: Subscription) -> None:
    """Else a reader with nothing to do would spin."""
    pushes.wake()
    pushes.wake()
    await pushes.wait()

    with anyio.move_on_after(0) as scope:
        await pushes.wait()

    assert scope.cancelled_caught


async def test_other_runs_are_not_heard(bus: Bus, pushes: Subscription) -> None:
    bus.publish(OTHER, said(OTHER, 0))

    assert pushes.take(0) is None


async def test_every_subscriber_hears_for_itself(bus: Bus, pushes: Subscription) -> None:
    with bus.subscribe(RUN) as second:
        frames = said(RUN, 0, 2)
        bus.publish(RUN, frames)

        assert second.take(0) == frames
        assert pushes.take(0) == frames


async def test_one_slow_subscriber_does_not_hold_up_the_others(bus: Bus, pushes: Subscription) -> None:
    with bus.subscribe(RUN) as fast:
        bus.publish(RUN, said(RUN, 0, 1, size=WINDOW // 2))
        fast.take(0)
        frames = said(RUN, 1, 1, size=WINDOW // 2)
        bus.publish(RUN, frames)

        assert fast.take(1) == frames
        with pytest.raises(Behind):
            pushes.take(0)


async def test_publishing_without_a_subscriber_is_nothing(bus: Bus) -> None:
    bus.publish(RUN, said(RUN, 0))

    with bus.subscribe(RUN) as late:
        assert late.take(0) is None
