"""Secrets are planted wherever they could lie, and looked for wherever they could come out."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.server_process import JSON, ServerProcess

GRAPH = '''
import logging
import os
from typing import TypedDict

from langchain_core.callbacks import adispatch_custom_event
from langchain_core.tools import tool
from langgraph.graph import START, StateGraph


class State(TypedDict, total=False):
    topic: str
    secret: str
    fails: bool
    final_response: str


@tool
async def login(password: str, note: str) -> dict:
    """Log in."""
    return {"access_token": password, "note": note, "all": [{"Authorization": note}, f"postgres://me:{password}@db/x"]}


@tool
async def fall(token: str) -> str:
    """Fail."""
    raise ConnectionError(f"cannot reach redis://:{token}@cache:6379, with Authorization: Bearer {token}")


async def work(state: State) -> State:
    secret, key = state["secret"], os.environ["GEMINI_API_KEY"]
    headers = {"Authorization": f"Bearer {secret}", "x-api-key": secret}
    logging.getLogger("strangers.library").warning(
        "GET https://me:%s@host/x?ticket=%s&key=%s %r", secret, secret, key, headers
    )
    await login.ainvoke({"password": secret, "note": f"my key is {key}, take Bearer {secret}"})
    await adispatch_custom_event("note", {"client_secret": secret, "said": f"Bearer {secret}", "key": key})
    try:
        await fall.ainvoke({"token": secret})
    except ConnectionError:
        pass
    if state.get("fails"):
        raise RuntimeError(f"no access with {key} at https://me:{secret}@host?token={secret}")
    return {"final_response": f"The topic was {state['topic']}."}


graph = StateGraph(State).add_node(work).add_edge(START, "work").compile()
'''
SET, PLANTED = "canary-of-the-settings-4711", "canary.planted.by.a.client.0815"
PASSWORD = "canary-of-redis-1234"
TOPIC = "my own words, token=abc and sk-1234567890abcdef1234, stay"
METADATA = {"api_key": PLANTED, "note": f"Bearer {PLANTED}", "password": PLANTED}


@dataclass(frozen=True)
class Leaks:
    """A server into which secrets were put, and everything that it said since."""

    server: ServerProcess
    runs: list[Any]
    answers: list[str]

    @property
    def log(self) -> str:
        """What the server logged."""
        return self.server.log.read_text()


@pytest.fixture(scope="module")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Leaks]:
    """Run the leaky graph, once to its end and once into a failure, and knock with secrets at every door."""
    folder: Path = tmp_path_factory.mktemp("canaries")
    (folder / "leaky.py").write_text(GRAPH)
    config = folder / "langgraph.json"
    config.write_text(json.dumps({"dependencies": ["."], "graphs": {"leaky": "./leaky.py:graph"}}))
    redis = f"redis://:{PASSWORD}@127.0.0.1:1/0"
    server = ServerProcess(
        folder,
        config,
        GEMINI_API_KEY=SET,
        DEFAULT_MODEL="offline-demo",
        REDIS_URL=redis,
        RATE_LIMIT_DEFAULT="9999/minute",
    ).start()
    bodies = [
        {"graph": "leaky", "input": {"topic": TOPIC, "secret": PLANTED, "fails": fails}, "metadata": METADATA}
        for fails in (False, True)
    ]
    runs = [server.waited("/api/workflows", body) for body in bodies]
    yield Leaks(server, runs, list(said_to(server, runs)))
    server.close()


def said_to(server: ServerProcess, runs: list[Any]) -> Iterator[str]:
    """Ask for everything there is to read, and give every answer with its headers."""
    credentials = {"Authorization": f"Bearer {PLANTED}", "X-API-Key": PLANTED, "Cookie": f"session={PLANTED}"}
    ids = [run["workflow_id"] for run in runs]
    paths = [f"/api/workflows/{run_id}/{rest}" for run_id in ids for rest in ("events", "history", "status", "")]
    paths += [
        f"/api/workflows/{run_id}/events?format={name}" for run_id in ids for name in ("compat", "chunks", "session")
    ]
    paths += [
        f"/nowhere?ticket={PLANTED}",
        f"/api/workflows?token={PLANTED}",
        "/api/workflows",
        "/api/graphs",
        "/health/ready",
    ]
    for path in paths:
        answer = server.client.get(path, headers=credentials)
        yield f"{answer.headers!r} {answer.text}"
    for body in ({"message": 5, "api_key": PLANTED}, {"message": "hi", "model": f"openai:{SET}"}):
        answer = server.client.post("/chat", json=body, headers=JSON | credentials)
        yield f"{answer.headers!r} {answer.text}"
    # Last, for they tell of everything before.
    for path in ("/metrics", "/api/operations", "/api/usage?by=model,agent,graph", "/api/coordinator/stats"):
        answer = server.client.get(path, headers=credentials).raise_for_status()
        yield f"{answer.headers!r} {answer.text}"


def without_inputs(run: Any) -> str:
    """Write a workflow without the user's own words."""
    return json.dumps({name: value for name, value in run.items() if name != "output"})


@pytest.mark.parametrize("canary", [SET, PASSWORD])
def test_what_is_configured_comes_out_nowhere(leaks: Leaks, canary: str) -> None:
    said = [json.dumps(run) for run in leaks.runs] + [
        answer for answer in leaks.answers if f"openai:{SET}" not in answer
    ]

    assert [answer for answer in said if canary in answer] == []
    assert canary not in leaks.log


def test_what_is_planted_by_name_or_shape_comes_out_of_no_event(leaks: Leaks) -> None:
    found = [run_member for run in leaks.runs for run_member in members_with(PLANTED, run)]

    assert [place for place in found if not place.startswith(("input.secret", "output.secret"))] == []


def members_with(words: str, value: Any, path: str = "") -> Iterator[str]:
    """Name the places where *words* stand."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from members_with(words, member, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from members_with(words, member, f"{path}.{number}")
    elif words in str(value):
        yield path


def test_what_is_planted_comes_out_of_no_answer_and_no_log(leaks: Leaks) -> None:
    assert [answer for answer in leaks.answers if PLANTED in answer] == []
    assert PLANTED not in leaks.log


def test_the_log_still_says_what_happened(leaks: Leaks) -> None:
    assert "GET https://[redacted]@host/x?ticket=[redacted]&key=[redacted]" in leaks.log
    assert "RuntimeError: no access with [redacted] at https://[redacted]@host?token=[redacted]" in leaks.log
    assert re.search(r'leaky\.py", line \d+, in work', leaks.log)


def test_what_a_user_wrote_and_a_graph_answered_stays_as_it_is(leaks: Leaks) -> None:
    assert leaks.runs[0]["final_response"] == f"The topic was {TOPIC}."
