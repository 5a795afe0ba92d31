"""What every `SessionStore` promises: a conversation is a tree, and each branch of it has a memory of its own."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from cantata.server.errors import SessionBusy, SessionNotFound, WorkflowNotFound
from cantata.server.runs.ids import RunId, message_id_of, uuid_of
from cantata.server.runs.model import Fence, Message, Rest, Run, RunRecord, Status, Turn
from cantata.server.runs.ports.sessions import SessionPlace
from tests.support.backends import Backend, a_run, first_frames

RECORD = RunRecord("single", "tested", Turn("completed", 1), [])


class Memory(TypedDict, total=False):
    told: Annotated[list[str], lambda before, new: before + new]


def remembering() -> Any:
    """Make a graph whose state is all that it was told."""
    return StateGraph(Memory).add_node("keep", lambda state: {}).add_edge(START, "keep").compile()


def _config(run: Run) -> Any:
    return {"configurable": {"thread_id": run.thread_id}, "metadata": {"run_id": str(uuid_of(run.id))}}


def _question(run_id: RunId, text: str) -> Message:
    return _message(run_id, 0, text, None, role="user")


def _message(run_id: RunId, number: int, text: str, parent_id: str | None, role: str = "assistant") -> Message:
    return Message(
        message_id=message_id_of(run_id, number),
        run_id=run_id,
        parent_id=parent_id,
        role=role,
        content=text,
        content_parts=[{"type": "text", "text": text}],
        cause_by="tested",
        sent_from="tested",
        send_to=[],
        timestamp="2026-01-01T00:00:00.000Z",
        metadata={"n": number},
    )


async def _asked(backend: Backend, text: str, **members: Any) -> Run:
    """Create a run with a question."""
    new = a_run(**members)
    new = replace(new, question=_question(new.id, text)) if "answers_again" not in members else new
    created = await backend.store.create(new, first_frames(new), b"{}")
    return created.run


async def _answered(backend: Backend, run: Run, *answers: str, status: Status = "completed") -> Run:
    """Let a run remember its question, and end with these messages."""
    claim = await backend.store.claim(run.id, "tester")
    assert claim is not None
    graph = remembering()
    graph.checkpointer = backend.checkpoints.unbound()
    asked = await backend.sessions.message(run.owner, run.session_id, run.question_id or "")
    await graph.ainvoke({"told": [asked.content if asked else "?"]}, _config(run), durability="sync")
    said = [message_id_of(run.id, n) for n in range(1, len(answers) + 1)]
    messages = [
        _message(run.id, n, text, parent)
        for n, (text, parent) in enumerate(zip(answers, [run.question_id, *said], strict=False), 1)
    ]
    fence = Fence(claim.run.epoch, claim.run.last_seq)
    await backend.store.settle(run.id, fence, None, Rest(status=status, record=RECORD, messages=messages), b"{}")
    return claim.run


async def _turn(backend: Backend, text: str, **members: Any) -> Run:
    """Ask, and be answered `text!`."""
    return await _answered(backend, await _asked(backend, text, **members), f"{text}!")


async def _told(backend: Backend, run: Run) -> list[str]:
    """Return what the run's thread remembers."""
    graph = remembering()
    graph.checkpointer = backend.checkpoints.unbound()
    told: list[str] = (await graph.aget_state(_config(run))).values.get("told", [])
    return told


async def _news(backend: Backend, run: Run) -> list[RunId]:
    """Return the runs that a run is told of when it starts."""
    claim = await backend.store.claim(run.id, "tester")
    assert claim is not None
    return await _heard(backend, claim.run)


async def _heard(backend: Backend, run: Run) -> list[RunId]:
    """Return the runs that a run was told of when it started."""
    return [earlier.id for earlier in await backend.store.earlier(run)]


async def _parents(backend: Backend, session_id: str = "s1") -> dict[str, str | None]:
    """Return each message's text with the text of the message that it goes on from."""
    messages = await backend.sessions.messages("ada", session_id)
    texts = {message.message_id: message.content for message in messages}
    return {message.content: texts.get(message.parent_id or "") for message in messages}


# Messages


async def test_a_question_is_there_as_soon_as_its_run(backend: Backend) -> None:
    run = await _asked(backend, "hello")

    (message,) = await backend.sessions.messages("ada", "s1")

    assert message == _question(run.id, "hello")
    assert run.question_id == message.message_id


async def test_answers_come_with_the_end(backend: Backend) -> None:
    run = await _asked(backend, "hello")

    await _answered(backend, run, "I think", "Hi")

    assert await _parents(backend) == {"hello": None, "I think": "hello", "Hi": "I think"}


async def test_a_refused_end_leaves_no_message(backend: Backend) -> None:
    run = await _asked(backend, "hello")
    rest = Rest(status="completed", messages=[_message(run.id, 1, "Hi", run.question_id)])

    with pytest.raises(Exception, match="newer claim"):
        await backend.store.settle(run.id, Fence(7, 1), None, rest, b"{}")

    assert list(await _parents(backend)) == ["hello"]


async def test_a_refused_run_leaves_no_question(backend: Backend) -> None:
    await _asked(backend, "first")

    with pytest.raises(SessionBusy):
        await _asked(backend, "second")

    assert list(await _parents(backend)) == ["first"]


async def test_a_conversation_is_a_chain(backend: Backend) -> None:
    await _turn(backend, "a")
    await _turn(backend, "b")

    assert await _parents(backend) == {"a": None, "a!": "a", "b": "a!", "b!": "b"}


async def test_a_question_asked_too_early_still_follows_the_answer_before_it(backend: Backend) -> None:
    first = await _asked(backend, "a")
    await _asked(backend, "b", if_busy="enqueue")

    await _answered(backend, first, "a!")

    assert await _parents(backend) == {"a": None, "b": "a!", "a!": "a"}


async def test_a_question_follows_one_that_was_never_answered(backend: Backend) -> None:
    await _answered(backend, await _asked(backend, "a"), status="failed")
    await _turn(backend, "b")

    assert await _parents(backend) == {"a": None, "b": "a", "b!": "b"}


async def test_others_see_no_message(backend: Backend) -> None:
    run = await _turn(backend, "a")

    assert await backend.sessions.messages("bob", "s1") == []
    assert await backend.sessions.message("bob", "s1", run.question_id or "") is None
    assert await backend.sessions.message("ada", "s2", run.question_id or "") is None


# Branches


async def test_an_edit_in_the_middle_remembers_what_was_before_it_and_nothing_after(backend: Backend) -> None:
    first = await _turn(backend, "a")
    second = await _turn(backend, "b")
    third = await _turn(backend, "c")

    edited = await _turn(backend, "B", follows=first.id)

    assert await _told(backend, edited) == ["a", "B"]
    assert await _told(backend, third) == ["a", "b", "c"]
    assert (edited.parent_id, second.parent_id) == (first.id, first.id)
    assert (await _parents(backend))["B"] == "a!"


async def test_an_edited_beginning_remembers_nothing(backend: Backend) -> None:
    await _turn(backend, "a")

    edited = await _turn(backend, "A", follows=None)

    assert await _told(backend, edited) == ["A"]
    assert await _parents(backend) == {"a": None, "a!": "a", "A": None, "A!": "A"}


async def test_the_conversation_goes_on_from_the_newest_run(backend: Backend) -> None:
    first = await _turn(backend, "a")
    await _turn(backend, "b")
    edited = await _turn(backend, "B", follows=first.id)

    last = await _turn(backend, "c")

    assert last.thread_id == edited.thread_id
    assert await _told(backend, last) == ["a", "B", "c"]


async def test_a_head_that_is_switched_back_goes_on_with_its_own_memory(backend: Backend) -> None:
    first = await _turn(backend, "a")
    second = await _turn(backend, "b")
    await _turn(backend, "B", follows=first.id)
    await backend.sessions.update("ada", "s1", head=second.id)

    last = await _turn(backend, "c")

    assert last.thread_id == second.thread_id
    assert await _told(backend, last) == ["a", "b", "c"]
    assert (await _parents(backend))["c"] == "b!"


async def test_a_run_that_answers_again_shares_the_question(backend: Backend) -> None:
    await _turn(backend, "a")
    second = await _turn(backend, "b")

    again = await _asked(backend, "", follows=second.parent_id, answers_again=second.id)
    again = await _answered(backend, again, "b?")

    assert await _parents(backend) == {"a": None, "a!": "a", "b": "a!", "b!": "b", "b?": "b"}
    assert await _told(backend, again) == ["a", "b"]


async def test_each_graph_of_a_branch_remembers_its_own_part(backend: Backend) -> None:
    one = await _turn(backend, "a", graph="one")
    two = await _turn(backend, "b", graph="two")
    await _turn(backend, "c", graph="one")
    branch = await _turn(backend, "C", graph="one", follows=two.id)
    last = await _turn(backend, "d", graph="two")

    assert await _told(backend, branch) == ["a", "C"]
    assert await _told(backend, last) == ["b", "d"]
    assert last.thread_id == two.thread_id
    assert branch.thread_id != one.thread_id


async def test_news_for_a_branch_come_from_that_branch(backend: Backend) -> None:
    await _turn(backend, "a", graph="one")
    two = await _turn(backend, "b", graph="two")
    await _turn(backend, "c", graph="two")
    three = await _turn(backend, "C", graph="two", follows=two.id)

    last = await _asked(backend, "d", graph="one")

    assert await _news(backend, last) == [two.id, three.id]


async def test_a_copy_knows_what_its_origin_had_heard(backend: Backend) -> None:
    await _turn(backend, "a", graph="one")
    two = await _turn(backend, "b", graph="two")
    await _turn(backend, "c", graph="two")

    branch = await _asked(backend, "C", graph="two", follows=two.id)

    assert await _news(backend, branch) == []


async def test_news_are_the_completed_runs_of_other_graphs(backend: Backend) -> None:
    """The thread's own runs are none, nor are those that failed, and another session's never are."""
    await _turn(backend, "a", graph="two")
    news = await _turn(backend, "b", graph="one")
    await _answered(backend, await _asked(backend, "c", graph="one"), status="failed")
    await _turn(backend, "d", graph="one", session_id="s2")
    await _turn(backend, "e", graph="one", owner="bob")

    last = await _asked(backend, "f", graph="two")

    assert await _news(backend, last) == [news.id]


async def test_a_branch_from_a_run_whose_memory_is_gone_is_told_what_was_said(backend: Backend) -> None:
    """Whoever removes old checkpoints need not ask which run somebody will go back to."""
    first = await _turn(backend, "a")
    second = await _turn(backend, "b")
    await _turn(backend, "c")
    await backend.checkpoints.unbound().aprune([first.thread_id])

    branch = await _asked(backend, "C", follows=second.id)

    assert await _news(backend, branch) == [first.id, second.id]
    assert await _told(backend, branch) == []


async def test_a_branch_from_a_run_that_never_began_starts_with_what_was_before_it(backend: Backend) -> None:
    first = await _turn(backend, "a")
    second = await _asked(backend, "b")
    await backend.store.settle(second.id, Fence(0, 1), None, Rest(status="cancelled"), b"{}")
    await _turn(backend, "c")

    branch = await _turn(backend, "C", follows=second.id)

    assert await _told(backend, branch) == ["a", "C"]
    assert branch.thread_id != first.thread_id


async def test_a_branch_cannot_begin_with_what_a_run_has_not_left_yet(backend: Backend) -> None:
    await _turn(backend, "a")
    second = await _asked(backend, "b")
    await _asked(backend, "c", if_busy="enqueue")

    with pytest.raises(SessionBusy) as refusal:
        await _asked(backend, "C", follows=second.id, if_busy="enqueue")

    assert refusal.value.members["active_workflow_id"] == second.id
    assert list(await _parents(backend)) == ["a", "a!", "b", "c"]


async def test_a_branch_may_wait_for_its_turn(backend: Backend) -> None:
    first = await _turn(backend, "a")
    second = await _asked(backend, "b")

    branch = await _asked(backend, "B", follows=first.id, if_busy="enqueue")
    await _answered(backend, second, "b!")
    await _answered(backend, branch, "B!")

    assert await _told(backend, branch) == ["a", "B"]
    assert await _parents(backend) == {"a": None, "a!": "a", "b": "a!", "b!": "b", "B": "a!", "B!": "B"}


async def test_a_question_that_is_gone_is_not_answered_again(backend: Backend) -> None:
    first = await _turn(backend, "a")
    await backend.store.delete("ada", first.id)

    with pytest.raises(WorkflowNotFound):
        await _asked(backend, "", follows=None, answers_again=first.id)

    assert await backend.sessions.runs("ada", "s1") == []


async def test_a_run_cannot_follow_one_of_another_session_or_owner(backend: Backend) -> None:
    elsewhere = await _turn(backend, "a", session_id="s2")
    others = await _turn(backend, "a", owner="bob")

    with pytest.raises(WorkflowNotFound):
        await _asked(backend, "b", follows=elsewhere.id)
    with pytest.raises(WorkflowNotFound):
        await _asked(backend, "b", follows=others.id)


# Removing a run


async def test_what_follows_a_removed_run_follows_what_it_followed(backend: Backend) -> None:
    first = await _turn(backend, "a")
    second = await _turn(backend, "b")
    third = await _turn(backend, "c")

    await backend.store.delete("ada", second.id)
    kept = await backend.store.by_id(third.id)

    assert kept is not None
    assert kept.parent_id == first.id
    assert await _parents(backend) == {"a": None, "a!": "a", "c": "a!", "c!": "c"}


async def test_a_head_moves_back_when_its_run_is_removed(backend: Backend) -> None:
    first = await _turn(backend, "a")
    second = await _turn(backend, "b")

    await backend.store.delete("ada", second.id)
    session = await backend.sessions.get("ada", "s1")

    assert session is not None
    assert (session.head_id, session.head_message_id) == (first.id, message_id_of(first.id, 1))
    assert (await _turn(backend, "c")).parent_id == first.id


async def test_a_shared_question_stays_while_somebody_answers_it(backend: Backend) -> None:
    first = await _turn(backend, "a")
    again = await _asked(backend, "", follows=None, answers_again=first.id)
    await _answered(backend, again, "a?")

    await backend.store.delete("ada", first.id)
    left = await _parents(backend)
    await backend.store.delete("ada", again.id)

    assert left == {"a": None, "a?": "a"}
    assert await _parents(backend) == {}


async def test_a_thread_goes_on_though_all_its_runs_were_removed(backend: Backend) -> None:
    first = await _turn(backend, "a")
    await backend.store.delete("ada", first.id)

    second = await _turn(backend, "b")
    edited = await _turn(backend, "B", follows=None)

    assert await _told(backend, second) == ["a", "b"]
    assert await _told(backend, edited) == ["B"]


async def test_a_thread_whose_last_run_was_removed_is_not_told_again_what_it_has_heard(backend: Backend) -> None:
    """What the removed run had been told stands in its thread, and nobody knows any more what that was."""
    one = await _turn(backend, "a", graph="one")
    two = await _turn(backend, "b", graph="two")
    three = await _turn(backend, "c", graph="one")
    four = await _turn(backend, "d", graph="two")

    await backend.store.delete("ada", four.id)
    with_one_left = await _turn(backend, "e", graph="two")
    news_with_one_left = await _heard(backend, with_one_left)
    await backend.store.delete("ada", with_one_left.id)
    await backend.store.delete("ada", two.id)
    with_none_left = await _turn(backend, "f", graph="two")

    assert await _told(backend, with_one_left) == ["b", "e"]
    assert news_with_one_left == [three.id]
    assert await _told(backend, with_none_left) == ["f"]
    assert await _heard(backend, with_none_left) == [one.id, three.id]


async def test_a_thread_whose_runs_were_removed_belongs_to_their_branch(backend: Backend) -> None:
    first = await _turn(backend, "a", graph="one")
    await _turn(backend, "A", graph="one", follows=None)
    removed = await _turn(backend, "b", graph="two")

    await backend.store.delete("ada", removed.id)
    await backend.sessions.update("ada", "s1", head=first.id)
    other = await _turn(backend, "c", graph="two")

    assert await _told(backend, other) == ["c"]


async def test_a_run_in_place_of_another_one_does_not_remember_a_removed_one(backend: Backend) -> None:
    first = await _turn(backend, "a")
    removed = await _turn(backend, "b")

    await backend.store.delete("ada", removed.id)
    edited = await _turn(backend, "B", follows=first.id)

    assert await _told(backend, edited) == ["a", "B"]


# Sessions


async def test_a_session_tells_where_it_stands(backend: Backend) -> None:
    first = await _turn(backend, "a", graph="one")
    second = await _asked(backend, "b", graph="two")

    session = await backend.sessions.get("ada", "s1")

    assert session is not None
    assert (session.title, session.first_words, session.graphs) == (None, "a", ["one", "two"])
    assert (session.status, session.active_id, session.head_id) == ("queued", second.id, second.id)
    assert session.last_message is not None
    assert (session.last_message.content, session.message_count, session.run_count) == ("b", 3, 2)
    assert first.created_at == session.created_at


async def test_an_unknown_session_and_anothers_are_none(backend: Backend) -> None:
    await _turn(backend, "a")

    assert await backend.sessions.get("ada", "s2") is None
    assert await backend.sessions.get("bob", "s1") is None
    assert await backend.sessions.find("bob", None, None, 10) == []


async def test_the_newest_activity_comes_first(backend: Backend) -> None:
    """The end of a run is activity, too."""
    first = await _asked(backend, "a", session_id="one")
    backend.clock.advance(1)
    await _turn(backend, "b", session_id="two")
    backend.clock.advance(1)
    await _answered(backend, first, "a!")

    found = await backend.sessions.find("ada", None, None, 10)
    page = await backend.sessions.find("ada", None, SessionPlace(found[0].updated_at, found[0].id), 10)

    assert [session.id for session in found] == ["one", "two"]
    assert [session.id for session in page] == ["two"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ÄRGER", ["one"]), ("100%", ["two"]), ("0%_", []), ("straße", ["two"]), ("MY TITLE", ["two"]), ("nothing", [])],
)
async def test_sessions_are_found_by_what_was_said(backend: Backend, text: str, expected: list[str]) -> None:
    await _turn(backend, "So viel Ärger", session_id="one")
    await _turn(backend, "100% STRASSE", session_id="two")
    await backend.sessions.update("ada", "two", title="My title")

    found = await backend.sessions.find("ada", text, None, 10)

    assert [session.id for session in found] == expected


async def test_a_title_can_be_set_and_taken_back(backend: Backend) -> None:
    await _turn(backend, "a")

    named = await backend.sessions.update("ada", "s1", title="Mine")
    unnamed = await backend.sessions.update("ada", "s1", title=None)

    assert (named.title, unnamed.title) == ("Mine", None)


async def test_only_what_is_there_can_be_changed(backend: Backend) -> None:
    run = await _turn(backend, "a")
    elsewhere = await _turn(backend, "a", session_id="s2")

    with pytest.raises(SessionNotFound):
        await backend.sessions.update("bob", "s1", title="Mine")
    with pytest.raises(WorkflowNotFound):
        await backend.sessions.update("ada", "s1", head=elsewhere.id)

    session = await backend.sessions.get("ada", "s1")
    assert session is not None
    assert (session.title, session.head_id) == (None, run.id)


async def test_a_session_lists_its_runs_and_goes_from_one_to_the_next(backend: Backend) -> None:
    first = await _turn(backend, "a")
    await _turn(backend, "x", session_id="s2")
    second = await _turn(backend, "b")

    listed = await backend.sessions.runs("ada", "s1")
    steps = [await backend.sessions.next_run("ada", "s1", after) for after in (None, first.id, second.id)]
    await backend.store.delete("ada", first.id)
    after_removed = await backend.sessions.next_run("ada", "s1", first.id)

    assert [(place.id, place.parent_id) for place in listed] == [(first.id, None), (second.id, first.id)]
    assert [run and run.id for run in steps] == [first.id, second.id, None]
    assert after_removed is not None
    assert after_removed.id == second.id
    assert await backend.sessions.next_run("bob", "s1", None) is None


async def test_a_removed_session_is_gone_and_its_statistics_stay(backend: Backend) -> None:
    first = await _turn(backend, "a")
    branch = await _turn(backend, "A", follows=None)

    await backend.sessions.delete("ada", "s1")

    assert await backend.sessions.get("ada", "s1") is None
    assert await backend.sessions.messages("ada", "s1") == []
    assert [await backend.store.by_id(run.id) for run in (first, branch)] == [None, None]
    assert [await _told(backend, run) for run in (first, branch)] == [[], []]
    assert len(await backend.stats.ended("ada", 0)) == 2


async def test_a_removed_session_leaves_no_row_behind(backend: Backend, tmp_path: Path) -> None:
    """Whatever the table: a conversation that was removed must not be found in the file."""
    first = await _turn(backend, "a")
    await _turn(backend, "b")
    await _turn(backend, "B", follows=first.id)
    before = _row_counts(tmp_path / "cantata.db")

    await backend.sessions.delete("ada", "s1")

    assert set(before) >= {"sessions", "threads", "runs", "heads", "events", "messages", "checkpoints"}
    assert set(_row_counts(tmp_path / "cantata.db")) == {"run_records"}


async def test_a_removal_that_a_crash_cut_short_is_finished(backend: Backend, tmp_path: Path) -> None:
    run = await _turn(backend, "a")
    await backend.sessions.delete("ada", "s1")
    other = await _turn(backend, "b", session_id="s2")
    # As if the process had died before the first part.
    with closing(sqlite3.connect(tmp_path / "cantata.db")) as connection, connection:
        connection.execute("INSERT INTO leftovers (thread_id) VALUES (?)", (other.thread_id,))
        connection.execute("INSERT INTO leftovers (run_id) VALUES (?)", (run.id,))

    await backend.sessions.sweep()

    assert await _told(backend, other) == []
    assert "leftovers" not in _row_counts(tmp_path / "cantata.db")


async def test_a_removed_session_leaves_others_alone(backend: Backend) -> None:
    await _turn(backend, "a")
    other = await _turn(backend, "a", session_id="s2")
    others = await _turn(backend, "a", owner="bob")

    await backend.sessions.delete("ada", "s1")

    assert await _told(backend, other) == ["a"]
    assert await _told(backend, others) == ["a"]
    assert [session.id for session in await backend.sessions.find("ada", None, None, 10)] == ["s2"]
    assert len(await backend.sessions.messages("bob", "s1")) == 2


async def test_a_busy_session_is_not_removed(backend: Backend) -> None:
    run = await _asked(backend, "a")

    with pytest.raises(SessionBusy) as refusal:
        await backend.sessions.delete("ada", "s1")

    assert refusal.value.members["active_workflow_id"] == run.id
    assert list(await _parents(backend)) == ["a"]


async def test_others_sessions_are_not_removed(backend: Backend) -> None:
    await _turn(backend, "a")

    with pytest.raises(SessionNotFound):
        await backend.sessions.delete("bob", "s1")

    assert await backend.sessions.get("ada", "s1") is not None


async def test_a_session_is_idle_when_nothing_happened_since_and_nothing_is_active(backend: Backend) -> None:
    await _turn(backend, "a", session_id="old")
    await _turn(backend, "a", session_id="older", owner="bob")
    await _asked(backend, "a", session_id="busy")
    backend.clock.advance(60)
    await _turn(backend, "a", session_id="new")

    idle = await backend.sessions.idle("2026-01-01T00:00:30.000Z", 10)

    assert sorted(idle) == [("ada", "old"), ("bob", "older")]
    assert len(await backend.sessions.idle("2026-01-01T00:00:30.000Z", 1)) == 1


def _row_counts(path: Path) -> dict[str, int]:
    """Count the rows of the tables that have any."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for (name,) in tables}
    return {name: count for name, count in counts.items() if count}
