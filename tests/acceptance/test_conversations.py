"""A chat page's view of sessions: messages as a tree, other branches of them, search, export, removal."""

import json
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import Fresh
from tests.server_process import ASYNC, COORDINATOR, JSON, ServerProcess, eventually

SEQUENTIAL = {"type": "sequential", "steps": [{"agent": "exclaim"}, {"agent": "upper"}]}


def chat(server: ServerProcess, session_id: str, text: str, agent: str = "exclaim", **fields: Any) -> Any:
    return server.waited("/chat", {"message": text, "agent": agent, "session_id": session_id, **fields})


def messages(server: ServerProcess, session_id: str, **query: str) -> list[Any]:
    answer = server.client.get(f"/api/sessions/{session_id}/messages", params=query)
    found: list[Any] = answer.raise_for_status().json()["messages"]
    return found


def named(server: ServerProcess, session_id: str, text: str) -> str:
    """Return the id of the first message that says this."""
    return str(next(m["message_id"] for m in messages(server, session_id) if m["content"] == text))


def variant(server: ServerProcess, session_id: str, text: str, action: str, **body: Any) -> httpx.Response:
    """Edit or regenerate the message that says *text*."""
    path = f"/api/sessions/{session_id}/messages/{named(server, session_id, text)}/{action}"
    return server.client.post(path, json=body, headers=JSON)


def edit(server: ServerProcess, session_id: str, text: str, content: str, **fields: Any) -> Any:
    return variant(server, session_id, text, "edit", content=content, **fields).raise_for_status().json()


def regenerate(server: ServerProcess, session_id: str, text: str, **fields: Any) -> Any:
    return variant(server, session_id, text, "regenerate", **fields).raise_for_status().json()


def known(workflow: Any) -> list[str]:
    """Return the texts that the graph's conversation held at the end."""
    return [message["content"] for message in workflow["output"]["messages"]]


def texts(found: list[Any]) -> list[str]:
    return [message["content"] for message in found]


def nested(found: list[Any]) -> list[Any]:
    """Return a tree as texts: `[text, children]` for each message."""
    return [[message["content"], nested(message["children"])] for message in found]


def session(server: ServerProcess, session_id: str) -> Any:
    return server.client.get(f"/api/sessions/{session_id}").raise_for_status().json()


# Messages


def test_a_conversation_is_kept_over_two_graphs(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")
    chat(coordinator, key, "b", "upper")
    last = chat(coordinator, key, "c")

    found = messages(coordinator, key)

    assert texts(found) == ["a", "a!", "b", "B", "c", "c!"]
    assert [m["parent_id"] for m in found] == [None, *[m["message_id"] for m in found[:-1]]]
    assert [m["role"] for m in found] == ["user", "assistant"] * 3
    assert {m["active"] for m in found} == {True}
    assert known(last) == ["a", "a!", "b", "B", "c", "c!"]


def test_a_message_tells_whence_it_comes(server: ServerProcess, key: str) -> None:
    workflow = server.waited("/chat", {"message": key, "agent": "two_tools", "session_id": key})

    question, call, answer = messages(server, key)
    short = workflow["workflow_id"].removeprefix("wf_")

    assert [m["message_id"] for m in (question, call, answer)] == [f"msg_{short}_{n}" for n in range(3)]
    assert (question["sent_from"], question["send_to"], question["cause_by"]) == ("user", ["two_tools"], "user")
    assert (call["send_to"], call["cause_by"]) == ([], "two_tools")
    assert (answer["sent_from"], answer["send_to"]) == (workflow["messages"][1]["agent"], ["user"])
    assert answer["cause_by"] in ("weather", "population")
    assert answer["content_parts"] == [{"type": "text", "text": answer["content"]}]
    assert answer["metadata"]["workflow_id"] == workflow["workflow_id"]
    assert isinstance(answer["timestamp"], float)
    assert answer["trace_id"] is None


def test_a_question_is_there_while_its_workflow_runs(coordinator: ServerProcess, key: str) -> None:
    coordinator.started("gated", {"messages": key}, session_id=key)

    (question,) = messages(coordinator, key)
    coordinator.desk.open(key)

    assert (question["content"], question["active"]) == (key, True)


def test_what_was_said_before_a_cancel_is_kept(server: ServerProcess, key: str) -> None:
    run_id = server.started("slow_tokens", {"messages": key}, session_id=key)
    server.seen(run_id, "message_delta", delta="three ")

    server.client.post(f"/api/workflows/{run_id}/cancel").raise_for_status()
    question, half = messages(server, key)

    assert (half["content"], half["parent_id"]) == ("one two three ", question["message_id"])
    assert (half["metadata"]["status"], half["metadata"]["workflow_status"]) == ("cancelled", "cancelled")


def test_a_kill_between_question_and_answer_leaves_one_of_each(fresh: Fresh, key: str) -> None:
    server = fresh(COORDINATOR).start()
    run_id = server.started("gated", {"messages": key}, session_id=key)
    eventually(lambda: server.desk.ran(f"gated-{key}"))

    server.kill()
    server.start()
    before = texts(messages(server, key))
    server.desk.open(key)
    server.events(run_id)

    assert before == [key]
    assert texts(messages(server, key)) == [key, f"through {key}"]


def test_an_input_that_is_no_text_is_shown_as_json(server: ServerProcess, key: str) -> None:
    server.waited("/api/workflows", {"graph": "one_node", "input": {"key": key, "seconds": 0}, "session_id": key})

    question = messages(server, key)[0]

    assert question["content_parts"] == [{"type": "json", "json": {"key": key, "seconds": 0}}]
    assert json.loads(question["content"]) == {"key": key, "seconds": 0}
    assert variant(server, key, question["content"], "edit", content="no").status_code == 422


# Branches


def test_an_edit_makes_a_branch_that_knows_only_what_was_before_it(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")
    chat(coordinator, key, "b")
    chat(coordinator, key, "c")

    edited = edit(coordinator, key, "b", "B")
    further = chat(coordinator, key, "d")

    assert known(edited) == ["a", "a!", "B", "B!"]
    assert known(further) == ["a", "a!", "B", "B!", "d", "d!"]
    old = ["b", [["b!", [["c", [["c!", []]]]]]]]
    new = ["B", [["B!", [["d", [["d!", []]]]]]]]
    assert nested(messages(coordinator, key, view="tree")) == [["a", [["a!", [old, new]]]]]
    assert texts(messages(coordinator, key, branch="active")) == known(further)


def test_an_edited_beginning_begins_anew(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")

    edited = edit(coordinator, key, "a", "A")

    assert (known(edited), edited["input"]) == (["A", "A!"], "A")
    assert nested(messages(coordinator, key, view="tree")) == [["a", [["a!", []]]], ["A", [["A!", []]]]]


@pytest.mark.parametrize("text", ["b", "b!"])
def test_another_answer_stands_beside_the_first(coordinator: ServerProcess, key: str, text: str) -> None:
    """Whether it is asked for at the question or at the answer."""
    chat(coordinator, key, "a")
    chat(coordinator, key, "b")

    again = regenerate(coordinator, key, text)

    assert (known(again), again["input"]) == (["a", "a!", "b", "b!"], "b")
    assert nested(messages(coordinator, key, view="tree")) == [["a", [["a!", [["b", [["b!", []], ["b!", []]]]]]]]]
    assert [m["active"] for m in messages(coordinator, key)] == [True, True, True, False, True]


def test_a_page_goes_back_to_another_branch(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")
    edit(coordinator, key, "a", "A")
    path = f"/api/sessions/{key}"

    changed = coordinator.client.patch(path, json={"head": named(coordinator, key, "a!")}).json()
    active = texts(messages(coordinator, key, branch="active"))
    further = chat(coordinator, key, "b")

    assert (changed["last_message"]["content"], active) == ("a!", ["a", "a!"])
    assert known(further) == ["a", "a!", "b", "b!"]
    assert session(coordinator, key)["head"] == named(coordinator, key, "b!")


def test_a_branch_of_two_graphs_hears_only_its_own(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")
    chat(coordinator, key, "b", "upper")
    chat(coordinator, key, "c")

    edited = edit(coordinator, key, "b", "bb")
    further = chat(coordinator, key, "d")

    assert known(edited) == ["a", "a!", "bb", "BB"]
    assert known(further) == ["a", "a!", "bb", "BB", "d", "d!"]


def test_a_variant_keeps_graph_definition_and_context(coordinator: ServerProcess, key: str) -> None:
    """A newer version of the stored workflow does not count for it."""
    stored = "/api/coordinator/workflows"
    coordinator.client.post(stored, json={"name": key, "spec": SEQUENTIAL}).raise_for_status()
    body = {"workflow": key, "inputs": "a", "session_id": key, "metadata": {"of": "the first"}}
    coordinator.waited("/api/coordinator/workflow", body)
    changed = {"type": "sequential", "steps": [{"agent": "exclaim"}]}
    coordinator.client.put(f"{stored}/{key}", json={"spec": changed}).raise_for_status()

    edited = edit(coordinator, key, "a", "b", metadata={"of": "mine"})
    again = regenerate(coordinator, key, "B!")

    assert [w["final_response"] for w in (edited, again)] == ["B!", "B!"]
    assert [w["graph"] for w in (edited, again)] == [key, key]
    assert [w["metadata"] for w in (edited, again)] == [{"of": "mine"}, {}]


def test_a_variant_keeps_model_and_options(fresh: Fresh, key: str) -> None:
    server = fresh(None).start()
    first = server.waited(
        "/chat", {"message": "hi", "session_id": key, "model": "offline-demo", "options": {"temperature": 0.5}}
    )

    again = regenerate(server, key, "hi")

    assert again["reasoning"][0]["model"] == first["reasoning"][0]["model"] == "offline-demo"


def test_another_answer_of_a_fork_begins_where_the_fork_began(coordinator: ServerProcess, key: str) -> None:
    first = chat(coordinator, f"{key}-1", "a")
    checkpoint = {"checkpoint_id": first["checkpoint_id"], "input": {"messages": "b"}}
    forked = coordinator.waited(f"/api/workflows/{first['workflow_id']}/fork", checkpoint)

    again = regenerate(coordinator, forked["session_id"], "b")
    edited = edit(coordinator, forked["session_id"], "b", "c")

    assert known(again) == known(forked) == ["a", "a!", "b", "b!"]
    assert known(edited) == ["a", "a!", "c", "c!"]
    assert edited["metadata"] == forked["metadata"]


def test_a_busy_session_refuses_an_edit(coordinator: ServerProcess, key: str) -> None:
    run_id = coordinator.started("gated", {"messages": key}, session_id=key)

    refused = variant(coordinator, key, key, "edit", content="other")
    coordinator.desk.open(key)

    assert (refused.status_code, refused.json()["code"]) == (409, "session_busy")
    assert refused.json()["active_workflow_id"] == run_id


def test_an_edit_gives_the_three_answers_and_is_made_once(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")
    path = f"/api/sessions/{key}/messages/{named(coordinator, key, 'a')}/edit"

    events = coordinator.streamed(path, {"content": "b"}, {"Idempotency-Key": key})
    again = coordinator.client.post(path, json={"content": "b"}, headers=ASYNC | {"Idempotency-Key": key})
    cursor = f"evt_{events[0]['workflow_id'][3:]}_2"
    attached = coordinator.streamed(path, {"content": "b"}, {"Last-Event-ID": cursor})
    other = coordinator.client.post(path, json={"content": "c"}, headers={"Last-Event-ID": cursor})

    assert events[-1]["type"] == "workflow_completed"
    assert (again.status_code, again.json()["workflow_id"]) == (202, events[0]["workflow_id"])
    assert attached == events[2:]
    assert (other.status_code, other.json()["code"]) == (422, "cursor_of_another_request")
    assert texts(messages(coordinator, key)) == ["a", "a!", "b", "b!"]


def test_an_answer_cannot_be_edited(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")

    refused = variant(coordinator, key, "a!", "edit", content="b")

    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "message_id")


# Sessions


def test_a_session_tells_where_it_stands(coordinator: ServerProcess, key: str) -> None:
    first = chat(coordinator, key, f"Hello   {key}\nand more words " + "x" * 80)
    coordinator.started("gated", {"messages": key}, session_id=key)

    told = session(coordinator, key)
    coordinator.desk.open(key)

    assert told["title"].startswith(f"Hello {key} and more words xxx")
    assert (len(told["title"]), told["title"][-1]) == (80, "…")
    assert told["status"] in ("queued", "running")
    assert told["active_workflow_id"] == told["workflows"][1]["workflow_id"]
    assert [w["follows"] for w in told["workflows"]] == [None, first["workflow_id"]]
    assert (told["message_count"], told["workflow_count"], told["graphs"]) == (3, 2, ["exclaim", "gated"])
    assert told["last_message"]["content"] == key
    assert coordinator.client.get(told["links"]["messages"]).status_code == 200


def test_sessions_are_listed_by_activity_and_in_pages(fresh: Fresh) -> None:
    server = fresh(COORDINATOR).start()
    for name in ("one", "two", "three", "one"):
        chat(server, name, "hi")

    first = server.client.get("/api/sessions?limit=2").json()
    second = server.client.get("/api/sessions", params={"limit": 2, "cursor": first["next_cursor"]}).json()

    assert [s["session_id"] for s in first["sessions"]] == ["one", "three"]
    assert [s["session_id"] for s in second["sessions"]] == ["two"]
    assert second["next_cursor"] is None


def test_sessions_are_searched_by_title_and_message(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, f"{key}-1", f"Größe {key} 50%")
    chat(coordinator, f"{key}-2", f"other {key}")
    coordinator.client.patch(f"/api/sessions/{key}-2", json={"title": f"Mine {key}"}).raise_for_status()

    def found(text: str) -> list[str]:
        answer = coordinator.client.get("/api/sessions", params={"q": text}).json()
        return [one["session_id"].removeprefix(f"{key}-") for one in answer["sessions"]]

    assert found(f"GRÖSSE {key}") == ["1"]
    assert found(f"{key} 50%!") == ["1"]  # the answer
    assert found(f"mine {key}") == ["2"]
    assert found(f"{key}%50") == []
    assert found(key) == ["2", "1"]


def test_a_title_is_set_and_given_back(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "words")
    path = f"/api/sessions/{key}"

    titles = [coordinator.client.patch(path, json={"title": title}).json()["title"] for title in ("Mine", None)]

    assert titles == ["Mine", "words"]


def test_a_removed_session_is_gone_and_forgotten(coordinator: ServerProcess, key: str) -> None:
    run_id = coordinator.started("gated", {"messages": key}, session_id=key)
    path = f"/api/sessions/{key}"

    busy = coordinator.client.delete(path)
    coordinator.desk.open(key)
    coordinator.events(run_id)
    removed = coordinator.client.delete(path)
    gone = [coordinator.client.get(f"{path}{rest}") for rest in ("", "/messages", "/export")]

    assert (busy.status_code, busy.json()["code"]) == (409, "session_busy")
    assert (busy.json()["active_workflow_id"], busy.json()["cancel"]) == (run_id, f"/api/workflows/{run_id}/cancel")
    assert (removed.status_code, removed.content) == (204, b"")
    assert {(answer.status_code, answer.json()["code"]) for answer in gone} == {(404, "session_not_found")}
    assert coordinator.client.get(f"/api/workflows/{run_id}").status_code == 404
    assert known(chat(coordinator, key, "new")) == ["new", "new!"]


# Export


def test_an_export_holds_the_tree_and_every_workflow(coordinator: ServerProcess, key: str) -> None:
    chat(coordinator, key, "a")
    edit(coordinator, key, "a", "A")

    answer = coordinator.client.get(f"/api/sessions/{key}/export")
    told = answer.json()
    workflows = [coordinator.workflow(workflow["workflow_id"]) for workflow in told["workflows"]]

    assert answer.headers["content-disposition"] == f'attachment; filename="{key}.json"'
    assert told["session"] == session(coordinator, key)
    assert told["messages"] == messages(coordinator, key, view="tree")
    assert told["workflows"] == workflows
    assert [workflow["input"] for workflow in workflows] == ["a", "A"]


def test_an_export_to_read_tells_each_turn_and_the_other_branches(server: ServerProcess, key: str) -> None:
    server.waited("/chat", {"message": key, "agent": "two_tools", "session_id": key})
    edit(server, key, key, "```\n<details>")

    answer = server.client.get(f"/api/sessions/{key}/export?format=markdown")
    active, others = answer.text.split("# Other branches")

    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"
    assert answer.text.startswith(f"# {key}\n")
    assert "> ```\n> <details>\n" in active
    assert '"city": "Cairo"' in active
    assert "Cairo: 3 million" in active
    assert "> Three million people enjoy fine weather." in active
    assert f"> {key}" in others


# Bad input


@pytest.mark.parametrize(
    ("call", "body", "refusal"),
    [
        ("GET /api/sessions/{}?x=1", None, (422, "invalid_request")),
        ("GET /api/sessions?x=1", None, (422, "invalid_request")),
        ("GET /api/sessions?q=", None, (422, "invalid_request")),
        ("GET /api/sessions?cursor=nonsense", None, (422, "bad_cursor")),
        ("GET /api/sessions?limit=0", None, (422, "invalid_request")),
        ("GET /api/sessions/nowhere", None, (404, "session_not_found")),
        ("GET /api/sessions/a%20b", None, (404, "session_not_found")),
        ("PATCH /api/sessions/nowhere", {"title": "x"}, (404, "session_not_found")),
        ("PATCH /api/sessions/{}", {"title": " "}, (422, "invalid_request")),
        ("PATCH /api/sessions/{}", {"title": "x" * 201}, (422, "invalid_request")),
        ("PATCH /api/sessions/{}", {"head": None}, (422, "invalid_request")),
        ("PATCH /api/sessions/{}", {"head": "msg_x"}, (404, "message_not_found")),
        ("PATCH /api/sessions/{}", {"name": "x"}, (422, "invalid_request")),
        ("DELETE /api/sessions/nowhere", None, (404, "session_not_found")),
        ("DELETE /api/sessions/{}?force=1", None, (422, "invalid_request")),
        ("GET /api/sessions/nowhere/messages", None, (404, "session_not_found")),
        ("GET /api/sessions/{}/messages?view=list", None, (422, "invalid_request")),
        ("GET /api/sessions/{}/messages?branch=msg_x", None, (404, "message_not_found")),
        ("GET /api/sessions/{}/export?format=pdf", None, (422, "invalid_request")),
        ("POST /api/sessions/{}/messages/msg_x/edit", {"content": "x"}, (404, "message_not_found")),
        ("POST /api/sessions/nowhere/messages/msg_x/regenerate", {}, (404, "session_not_found")),
        ("POST /api/sessions/{}/messages/{message}/edit", {"content": " "}, (422, "invalid_request")),
        ("POST /api/sessions/{}/messages/{message}/edit", {"content": "x" * 100_001}, (422, "message_too_long")),
        ("POST /api/sessions/{}/messages/{message}/edit", {}, (422, "invalid_request")),
        ("POST /api/sessions/{}/messages/{message}/edit", {"content": "x", "model": "y"}, (422, "invalid_request")),
        ("POST /api/sessions/{}/messages/{message}/regenerate", {"content": "x"}, (422, "invalid_request")),
    ],
)
def test_what_cannot_be_done_is_refused(
    coordinator: ServerProcess, key: str, call: str, body: Any, refusal: tuple[int, str]
) -> None:
    chat(coordinator, key, "a")
    method, path = call.format(key, message=named(coordinator, key, "a")).split()

    answer = coordinator.client.request(method, path, json=body)

    assert (answer.status_code, answer.json()["code"]) == refusal
    assert texts(messages(coordinator, key)) == ["a", "a!"]
