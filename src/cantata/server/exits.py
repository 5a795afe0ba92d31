"""Hears that the process is asked to stop, where another program's server takes the signals.

A server waits for its open connections before it tells an application to shut down, and a stream never ends by itself:
the application must hear of the signal, too.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def heard_exits(tell: Callable[[], object]) -> Iterator[None]:
    """Call *tell* on the running loop when a signal to stop comes, then whoever took the signal before.

    Does nothing where nobody takes SIGTERM: a program without a server stops in its own way.
    """
    if threading.current_thread() is not threading.main_thread() or not callable(signal.getsignal(signal.SIGTERM)):
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def hear(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        if callable(taker := before[signal.Signals(number)]):
            taker(number, frame)

    for number in SIGNALS:
        signal.signal(number, hear)
    try:
        yield
    finally:
        for number, taker in before.items():
            if signal.getsignal(number) is hear:  # nobody else has come since
                signal.signal(number, taker)
