"""What every format promises of every log: resuming anywhere, in any format, and one text in all of them."""

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cantata.callbacks.events import TERMINAL_TYPES, TYPE_NAMES, StoredEvent
from cantata.server.protocols.view import View
from tests.protocols.telling import (
    TEXTUAL,
    VIEWS,
    Page,
    messages,
    opening,
    position,
    shown,
    standing_texts,
    sure,
    told,
    told_trimmed,
)
from tests.support.engine import OWNER, open_server, unwatched
from tests.support.graphs import NOTHING, asks, chain, handoff, nested, parallel, quiet, says
from tests.support.logs import (
    Plot,
    Scene,
    deltas,
    end_of,
    frames_of,
    log_of_plot,
    log_of_scene,
    plots,
    scenes,
    start_of,
    step_of,
    thought,
    under,
    whole,
)
from tests.support.scripted import scripted
from tests.support.sse import EventSource, Message

types = st.frozensets(st.sampled_from(sorted(TYPE_NAMES.values())), max_size=6)


def every_cut(stream: bytes) -> Iterator[tuple[int, list[Message], int]]:
    """Yield, for each state in which a cut can leave a client: the bytes it got, what it was told, and its place."""
    source, before = EventSource(), None
    for count in range(len(stream) + 1):
        source.feed(stream[count - 1 : count] if count else b"")
        state = (len(source.messages), source.last_event_id)
        if state != before:
            yield count, list(source.messages), position(source)
        before = state


def check_resuming(events: list[StoredEvent]) -> None:
    """Cut every format's stream at every byte, and go on in every format."""
    frames = frames_of(events)
    for view in VIEWS.values():
        stream = opening() + told(frames, view)
        for _, seen, after in every_cut(stream):
            rest = messages(opening(after) + told(frames, view, after))
            assert sure(seen) + rest == messages(stream)


def check_resuming_in_another_format(events: list[StoredEvent]) -> None:
    """Read on in another format: what comes is what somebody gets who had read that one from the start."""
    frames = frames_of(events)
    for first, second in permutations(TEXTUAL, 2):
        whole_text = shown(messages(told(frames, VIEWS[second]))).texts
        for _, seen, after in every_cut(opening() + told(frames, VIEWS[first])):
            rest = messages(told(frames, VIEWS[second], after))
            page = shown([*sure(seen), *rest])
            assert page.texts == whole_text
            assert all(indexes == list(range(1, len(indexes) + 1)) for indexes in page.indexes.values())


def check_text(events: list[StoredEvent]) -> None:
    """At every place in the log the page shows the text that stands, and the end sums up the same."""
    for count in range(1, len(events) + 1):
        page = shown(messages(told(frames_of(events[:count]), VIEWS["chunks"])))
        assert {model: text for model, text in page.texts.items() if text} == standing_texts(events[:count])
        assert all(indexes == list(range(1, len(indexes) + 1)) for indexes in page.indexes.values())
    other = shown(messages(told(frames_of(events), VIEWS["compat with tokens"])))
    assert other.texts == other.tokens == page.texts
    assert other.indexes == page.indexes


def check_sum(events: list[StoredEvent]) -> None:
    """Check the last frame of `chunks`."""
    page = shown(messages(told(frames_of(events), VIEWS["chunks"])))
    if page.end is not None:
        texts = standing_texts(events)
        full = page.end["fullText"]
        assert full == (
            texts.get(None, "") if isinstance(full, str) else {model: texts.get(model, "") for model in full}
        )
        assert page.end["totalChunks"] == sum(map(len, page.indexes.values()))


@given(plots)
@settings(max_examples=8)
def test_a_stream_cut_at_any_byte_goes_on_as_if_it_had_not_been(plot: Plot) -> None:
    """The frames of an event whose last one had not come yet are told again, and nothing else is."""
    check_resuming(asyncio.run(log_of_plot(plot)))


@given(scenes)
@settings(max_examples=15)
def test_whoever_goes_on_in_another_format_has_the_same_text(scene: Scene) -> None:
    check_resuming_in_another_format(asyncio.run(log_of_scene(scene)))


@given(plots)
@settings(max_examples=20)
def test_the_text_since_the_last_reset_is_what_the_events_say(plot: Plot) -> None:
    events = asyncio.run(log_of_plot(plot))
    check_text(events)
    check_sum(events)


@given(plots)
@settings(max_examples=10)
def test_reasoning_told_anew_is_the_logs_own_bytes(plot: Plot) -> None:
    """A view that selects goes through the projection, and must not differ in what it lets pass."""
    frames = frames_of(asyncio.run(log_of_plot(plot)))

    assert told(frames, VIEWS["reasoning"]) == frames.data


@given(plots, st.sampled_from(sorted(VIEWS)))
@settings(max_examples=20)
def test_merged_pieces_tell_the_same_with_the_last_ones_id_and_index(plot: Plot, name: str) -> None:
    frames = frames_of(asyncio.run(log_of_plot(plot)))
    singly = messages(told(frames, VIEWS[name]))
    merged = messages(told(frames, replace(VIEWS[name], coalesce_seconds=1.0)))

    assert shown(merged).texts == shown(singly).texts
    assert shown(merged).tokens == shown(singly).tokens
    assert said(merged) == said(singly)
    assert [one for one in merged if one not in singly and not is_piece(one)] == []
    assert places(merged) <= places(singly)
    assert len(merged) <= len(singly)


def said(stream: list[Message]) -> dict[Any, str]:
    """Join the deltas of each message and kind."""
    texts: dict[Any, str] = {}
    for one in stream:
        data = json.loads(one.data)
        if "delta" in data:
            key = (one.name, data["message_id"])
            texts[key] = texts.get(key, "") + data["delta"]
    return texts


def is_piece(one: Message) -> bool:
    return bool({"chunk", "token", "delta"} & json.loads(one.data).keys())


def places(stream: list[Message]) -> set[tuple[str, Any]]:
    """Return the ids and indexes of the frames that have one of their own."""
    return {(one.last_event_id, json.loads(one.data).get("index")) for one in stream if one.has_id}


@given(
    plot=plots,
    include=types,
    exclude=types,
    name=st.sampled_from(sorted(VIEWS)),
    coalesce=st.sampled_from([0.0, 1.0]),
)
@settings(max_examples=20)
def test_what_is_left_out_never_hides_how_the_run_ended(
    *, plot: Plot, include: frozenset[str], exclude: frozenset[str], name: str, coalesce: float
) -> None:
    events = asyncio.run(log_of_plot(plot))
    frames = frames_of(events)
    view = replace(VIEWS[name], include=include, exclude=exclude, coalesce_seconds=coalesce)

    selected = messages(told(frames, view))

    last = [one for one in messages(told(frames, VIEWS[name])) if one.last_event_id.endswith(f"_{len(events)}")]
    assert isinstance(events[-1], TERMINAL_TYPES)
    assert selected[-len(last) :] == last


@given(plots, types, types)
@settings(max_examples=20)
def test_only_the_wanted_types_are_told(plot: Plot, include: frozenset[str], exclude: frozenset[str]) -> None:
    view = View(include=include, exclude=exclude)

    names = {one.name for one in messages(told(frames_of(asyncio.run(log_of_plot(plot))), view))}

    ends = {TYPE_NAMES[kind] for kind in TERMINAL_TYPES}
    assert names - ends <= (include or set(TYPE_NAMES.values())) - exclude


def says_and_asks() -> Any:
    """Make a node that speaks before it asks: its words come again with the answer, and those before are void."""
    speak, ask = says(scripted(["I would ", "buy tea. "])), asks("Shall I?")

    async def node(state: Any) -> Any:
        await speak(state)
        return await ask(state)

    return node


async def log_of(graph: Any, folder: Path, answer: Any) -> list[StoredEvent]:
    """Run *graph* on the whole server, and answer what it asks."""
    async with open_server(folder, {"tested": graph}) as server:
        run = await server.start("tested", NOTHING)
        workflow = await server.ended(run)
        if workflow["status"] == "interrupted":
            answers = {question["id"]: answer for question in workflow["interrupts"]}
            run, seq = await server.service.resume(OWNER, run.id, answers, None)
            await server.reached(run, seq)
            await server.service.wait(run, seq, unwatched)
        return await server.events(run.id)


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(lambda: chain(before=says(scripted(["First. "])), ask=says_and_asks()), id="interrupt"),
        pytest.param(lambda: nested(parallel(a=says_and_asks(), b=says_and_asks())), id="two at once"),
        pytest.param(handoff, id="handoff"),
        pytest.param(lambda: chain(**{"a-b": says(scripted(["One. "])), "c": quiet}), id="plain"),
    ],
)
async def test_runs_that_wait_and_hand_over_are_told_alike(graph: Callable[[], Any], tmp_path: Path) -> None:
    events = await log_of(graph(), tmp_path, "yes")

    check_resuming(events)
    check_resuming_in_another_format(events)
    check_text(events)
    check_sum(events)


async def test_what_a_node_said_before_its_question_is_told_once_again_after_the_answer(tmp_path: Path) -> None:
    """The words of the nodes before it stand; the page shows each once."""
    graph = chain(before=says(scripted(["First. "])), ask=says_and_asks())

    events = await log_of(graph, tmp_path, "yes")

    frames = [json.loads(one.data) for one in messages(told(frames_of(events), VIEWS["chunks"]))]
    shown_frames = [
        {key: data[key] for key in data if key in ("chunk", "index", "reset", "fullText")} for data in frames
    ]
    assert shown_frames == [
        {"chunk": "First. ", "index": 1},
        {"chunk": "I would ", "index": 2},
        {"chunk": "buy tea. ", "index": 3},
        {},
        {"reset": True},
        {"chunk": "First. ", "index": 4},
        {"chunk": "I would ", "index": 5},
        {"chunk": "buy tea. ", "index": 6},
        {"fullText": "First. I would buy tea. "},
    ]


AT_ONCE = whole(
    [
        start_of("m1", "a"),
        start_of("m2", "b"),
        *deltas("two ", message_id="m2"),
        start_of("m3", "c"),
        *deltas("three ", message_id="m3"),
        *deltas("one "),
        *deltas("words ", message_id="m2"),
        end_of("m3", "three ", "c"),
        end_of("m2", "two words ", "b"),
        *deltas("more "),
        end_of("m1", "one more ", "a"),
    ]
)
"""Three nodes that speak at the same time; the first to begin is the last to say a word."""

TEXT_ALONE = {"include": frozenset({"message_delta"})}


@pytest.mark.parametrize("options", [{}, TEXT_ALONE, {"coalesce_seconds": 1.0}], ids=["all", "text", "merged"])
@pytest.mark.parametrize("name", TEXTUAL)
def test_messages_that_are_said_at_the_same_time_come_one_after_another(name: str, options: dict[str, Any]) -> None:
    """Mixed piece by piece nobody could read them; none waits for one that has not said a word."""
    told_frames = messages(told(frames_of(AT_ONCE), replace(VIEWS[name], **options)))

    page = shown(told_frames)

    assert page.texts == {None: "two words three one more "}
    assert page.indexes[None][-1] == 4
    check_resuming(AT_ONCE)


def test_a_message_that_waited_is_told_with_the_end_of_the_one_before() -> None:
    told_frames = messages(told(frames_of(AT_ONCE), VIEWS["chunks"]))

    texts = [(one.last_event_id.rpartition("_")[2], json.loads(one.data).get("chunk")) for one in told_frames]
    assert texts == [("4", "two "), ("8", "words "), ("10", "three one "), ("11", "more "), ("13", None)]


async def test_a_branch_that_is_tried_again_while_it_waits_is_told_once() -> None:
    """Its first try was never told, so nothing is taken back for it."""
    failed = [start_of("m2", "b"), *deltas("wrong ", message_id="m2"), end_of("m2", "wrong ", "b")]
    again = [start_of("m3", "b"), *deltas("right ", message_id="m3"), end_of("m3", "right ", "b")]
    events = whole(
        [
            *(step_of("s1", "a"), step_of("s2", "b")),
            *(under("s1", event) for event in [start_of("m1", "a"), *deltas("one ")]),
            *(under("s2", event) for event in failed),
            step_of("s3", "b", replaces=["s2"]),
            *(under("s3", event) for event in again),
            end_of("m1", "one ", "a"),
        ]
    )

    told_frames = [json.loads(one.data) for one in messages(told(frames_of(events), VIEWS["chunks"]))]

    assert [data["chunk"] for data in told_frames if "chunk" in data] == ["one ", "right "]
    assert not any("reset" in data for data in told_frames)
    check_text(events)


SIDE_BY_SIDE = whole(
    [
        start_of("m1", "a"),
        *deltas("one "),
        start_of("m2", "b"),
        *deltas("two ", message_id="m2"),
        *deltas("more "),
        end_of("m1", "one more ", "a"),
        *deltas("words ", message_id="m2"),
        end_of("m2", "two words ", "b"),
    ],
    [["a"], ["b"]],
    ["x", "y"],
)


@pytest.mark.parametrize("name", ["compat with tokens", "chunks"])
@pytest.mark.parametrize("events", [SIDE_BY_SIDE, AT_ONCE], ids=["two models", "one answer"])
@pytest.mark.parametrize("to_seq", range(1, 10))
def test_whoever_reads_a_trimmed_log_has_the_whole_text(events: list[StoredEvent], name: str, to_seq: int) -> None:
    """From the start, resumed in what is gone, or behind it: the page is told the text anew, and the end agrees."""
    view = VIEWS[name]
    stream = messages(told(frames_of(events), view))
    texts = {model: sorted(text.split()) for model, text in shown(stream).texts.items()}

    pages = [
        shown([*stream[:seen], *messages(told_trimmed(events, to_seq, view, after))]) for seen, after in cursors(stream)
    ]

    assert [{model: sorted(text.split()) for model, text in page.texts.items()} for page in pages] == [texts] * len(
        pages
    )
    assert all(page.end == page.end | {"fullText": full_text(page)} for page in pages if name == "chunks")


def cursors(stream: list[Message]) -> Iterator[tuple[int, int]]:
    """Yield how many frames a client has seen, and its cursor then, for each that it can have."""
    yield 0, 0
    for count, one in enumerate(stream[:-1], 1):
        if one.has_id:
            yield count, int(one.last_event_id.rpartition("_")[2])


def full_text(page: Page) -> Any:
    """Return what the end must say of the text that the page shows."""
    return page.texts[None] if None in page.texts else dict(page.texts)


def test_what_gives_no_frame_keeps_no_pieces_apart() -> None:
    """Two models at once: one thinks, which `chunks` does not tell, while the other speaks."""
    events = whole([start_of("m1"), *deltas("one "), thought(), *deltas("two ")])

    merged = shown(messages(told(frames_of(events), View(format="chunks", coalesce_seconds=1.0))))

    assert merged.texts == {None: "one two "}
    assert merged.indexes == {None: [2]}
