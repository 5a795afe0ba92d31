"""What is to be sent is sent in order by another thread, in bounded room and time."""

import threading
import time
from collections.abc import Sequence

from cantata.callbacks.tracing.outbox import CAPACITY, Outbox


class Sender:
    """Takes batches, and waits while it is told to."""

    def __init__(self, *, is_fine: bool = True) -> None:
        self.sent: list[int] = []
        self.go = threading.Event()
        self.begun = threading.Event()
        self._is_fine = is_fine

    def __call__(self, batch: Sequence[int]) -> bool:
        self.begun.set()
        assert self.go.wait(20)
        self.sent.extend(batch)
        return self._is_fine


def test_items_come_in_order() -> None:
    sender = Sender()
    sender.go.set()
    outbox: Outbox[int] = Outbox("tested", sender)

    for number in range(1_000):
        outbox.put(number)
    outbox.close(20)

    assert sender.sent == list(range(1_000))


def test_what_does_not_fit_is_dropped_and_the_beginning_is_kept() -> None:
    sender = Sender()
    outbox: Outbox[int] = Outbox("tested", sender)
    outbox.put(-1)
    assert sender.begun.wait(20)

    for number in range(CAPACITY + 500):
        outbox.put(number)
    sender.go.set()
    outbox.close(20)

    assert sender.sent == [-1, *range(CAPACITY)]


def test_closing_does_not_wait_longer_than_it_may() -> None:
    sender = Sender()
    outbox: Outbox[int] = Outbox("tested", sender)
    outbox.put(1)
    assert sender.begun.wait(20)

    began = time.monotonic()
    outbox.close(0.1)
    took = time.monotonic() - began
    sender.go.set()

    assert took < 10  # of the 20 s for which the sender may hang


def test_a_sender_that_raises_is_asked_again() -> None:
    calls: list[int] = []

    def send(batch: Sequence[int]) -> bool:
        calls.extend(batch)
        raise RuntimeError("the client broke")

    outbox: Outbox[int] = Outbox("tested", send)
    for number in range(500):
        outbox.put(number)
    outbox.close(20)

    assert calls == list(range(500))


def test_what_comes_after_closing_is_dropped() -> None:
    sender = Sender()
    sender.go.set()
    outbox: Outbox[int] = Outbox("tested", sender)
    outbox.close(20)

    outbox.put(1)

    assert sender.sent == []
