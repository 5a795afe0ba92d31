"""Pictures that go with a message: kept with it and given to the model, and no burden on what tells of the run."""

import base64
from typing import Any

import pytest

from tests.server_process import ServerProcess

DATA = base64.b64encode(bytes(range(256)) * 400).decode()  # 100 kB
PICTURE = {"type": "image", "base64": DATA, "mime_type": "image/png", "extras": {"filename": "cat.png"}}


@pytest.fixture
def run(server: ServerProcess, key: str) -> Any:
    """Send a picture with a message."""
    content = [{"type": "text", "text": "What is 2*3?"}, PICTURE]
    body = {"graph": "assistant", "input": {"messages": [{"role": "user", "content": content}]}, "session_id": key}
    return server.waited("/api/workflows", body)


def questions(server: ServerProcess, session_id: str) -> list[Any]:
    messages = server.client.get(f"/api/sessions/{session_id}/messages").json()["messages"]
    return [message for message in messages if message["role"] == "user"]


@pytest.mark.parametrize("place", ["", "/history", "/events"])
def test_what_tells_of_a_run_holds_a_note_in_place_of_the_bytes(server: ServerProcess, run: Any, place: str) -> None:
    told = server.client.get(f"/api/workflows/{run['workflow_id']}{place}", headers={"Accept": "application/json"})

    assert "[102400 bytes, not shown]" in told.text
    assert DATA[:200] not in told.text


def test_the_message_keeps_the_picture(server: ServerProcess, run: Any, key: str) -> None:
    (question,) = questions(server, key)

    assert question["content"] == "What is 2*3?"
    assert question["content_parts"][1] == PICTURE


def test_an_edited_message_keeps_the_picture(server: ServerProcess, run: Any, key: str) -> None:
    (question,) = questions(server, key)
    edit = f"/api/sessions/{key}/messages/{question['message_id']}/edit"

    edited = server.waited(edit, {"content": "What is 3*3?"})

    assert "3*3 = 9" in edited["final_response"]
    assert [said["content_parts"][-1] for said in questions(server, key)] == [PICTURE, PICTURE]


def test_an_export_names_the_picture(server: ServerProcess, run: Any, key: str) -> None:
    document = server.client.get(f"/api/sessions/{key}/export?format=markdown").text

    assert "Attached: cat.png (image/png, 102400 bytes)" in document
    assert DATA[:200] not in document


def test_the_server_tells_how_large_a_request_may_be(server: ServerProcess) -> None:
    limits = server.client.get("/auth/me").json()["limits"]

    refused = server.client.post("/chat", json={"message": "x" * limits["body_bytes"]})

    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    assert limits["message_chars"] == 100_000
