"""Readers of one run in all formats at once: one text, also for who is cut and goes on in another format."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from tests.acceptance.event_source import EventSource
from tests.server_process import Frame, ServerProcess
from tests.support.cutting_proxy import CuttingProxy, Fate, storm

FORMATS = ["reasoning", "compat", "chunks", "session"]
MEMBER = {"message_delta": "delta", "chunk": "chunk", None: "chunk", "delta": "delta"}


def text_of(frames: list[Frame]) -> str:
    """Join what the run said, in the words of whatever format."""
    return "".join(frame.data.get(MEMBER[frame.event], "") for frame in frames if frame.event in MEMBER)


def started(server: ServerProcess, key: str, words: int = 150) -> str:
    """Start a run that lasts a while."""
    return server.started("flood", {"messages": [{"role": "user", "content": f"{key} {words} 0.003"}]})


def path_of(run_id: str, told_as: str) -> str:
    return f"/api/workflows/{run_id}/events?format={told_as}"


def test_four_readers_in_four_formats_are_told_one_text(server: ServerProcess, key: str) -> None:
    run_id = started(server, key)
    readers = [EventSource("GET", path_of(run_id, told_as)) for told_as in FORMATS]

    with CuttingProxy(server.port, storm(7, 40)) as proxy, ThreadPoolExecutor(len(readers)) as pool:
        list(pool.map(lambda reader: reader.follow(proxy.url), readers))

    said = server.workflow(run_id)["messages"][0]["content"]
    assert proxy.cuts > 10
    assert [text_of(reader.kept) for reader in readers] == [said] * len(FORMATS)


@pytest.mark.parametrize(("first", "second"), list(permutations(FORMATS, 2)))
def test_a_cursor_of_one_format_is_good_in_another(server: ServerProcess, key: str, first: str, second: str) -> None:
    run_id = started(server, key, words=40)
    reader = EventSource("GET", path_of(run_id, first))

    with CuttingProxy(server.port, [Fate(cut_where=after_words(10))]) as proxy:
        reader.read_once(proxy.url)
        reader.path = path_of(run_id, second)
        reader.follow(proxy.url)

    assert text_of(reader.kept) == server.workflow(run_id)["messages"][0]["content"]
    assert proxy.cuts == 1


def after_words(count: int) -> Callable[[bytes], int | None]:
    """Cut in the middle of the frame after the first that says word number *count*."""
    word = f"word{count} ".encode()

    def where(answer: bytes) -> int | None:
        at = answer.find(b"\n\n", answer.find(word)) if word in answer else -1
        return at + 40 if 0 <= at < len(answer) - 40 else None

    return where
