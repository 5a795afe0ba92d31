"""Each fault of Gemini through the whole path: the assistant's run, its worker, its log."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from langchain_google_genai import ChatGoogleGenerativeAI
from pydantic import SecretStr

from cantata.callbacks.events import MessageComplete, MessageDelta, StoredEvent, WorkflowError
from cantata.graphs.agents import assistant
from cantata.graphs.faults import ModelFault
from cantata.graphs.gemini import GeminiChat
from cantata.graphs.models import chat_model
from tests.graphs.gemini_client import KEY
from tests.graphs.gemini_faults import ATTEMPTS, FAULTS, TOTAL_SECONDS, Fault
from tests.graphs.gemini_server import GeminiServer
from tests.support.engine import Server, open_server
from tests.support.harness import kinds, of_type
from tests.support.invariants import check_invariants

NOBODY = "http://127.0.0.1:9"
EACH = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@pytest.fixture
async def server(tmp_path: Path, models_closed: None) -> AsyncIterator[Server]:
    """Serve the assistant."""
    async with open_server(tmp_path, {"assistant": assistant.graph}, secrets=[KEY]) as server:
        yield server


@pytest.fixture
def _the_peer_fails(fault: Fault, google: GeminiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    google.script = [fault.answer] * ATTEMPTS if fault.answer else []
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", google.url if fault.answer else NOBODY)
    monkeypatch.setenv("MODEL_ATTEMPTS", str(ATTEMPTS))
    monkeypatch.setenv("MODEL_IDLE_SECONDS", str(fault.idle_seconds))
    monkeypatch.setenv("MODEL_TOTAL_SECONDS", str(TOTAL_SECONDS))


@EACH
@pytest.mark.usefixtures("_the_peer_fails")
async def test_a_fault_ends_in_its_events_within_its_deadline(
    fault: Fault, server: Server, google: GeminiServer, caplog: pytest.LogCaptureFixture
) -> None:
    _without_long_pauses()

    async with asyncio.timeout(TOTAL_SECONDS):
        run = await server.start("assistant", {"messages": [{"role": "user", "content": "When?"}]})
        await server.ended(run)

    events = await server.events(run.id)
    ending = events[-1]
    assert isinstance(ending, WorkflowError)
    assert (ending.error.code, ending.error.message) == (fault.code, fault.message)
    assert ending.error.retryable is ModelFault(fault.code, "").retryable
    assert tuple(ending.recovery_suggestions) == ModelFault(fault.code, "").recovery_suggestions != ()
    assert ending.failed_node == "model"
    assert (ending.partial_response or "") == fault.shown
    assert _shown(events) == ([("error", fault.shown)] if fault.shown else [])
    assert kinds(events)[-2:] == ["step_end", "workflow_error"]
    assert _attempts(google, caplog) == fault.attempts
    assert KEY not in str(events) + caplog.text
    check_invariants(events)


@EACH
async def test_what_the_bare_client_makes_of_it(fault: Fault, google: GeminiServer) -> None:
    """What the column of the page says, so that an upgrade which mends or moves a fault is seen."""
    google.script = [fault.answer] if fault.answer else []
    client = ChatGoogleGenerativeAI(
        model="gemini-2.5-flash",
        google_api_key=SecretStr(KEY),
        base_url=google.url if fault.answer else NOBODY,
        max_retries=1,
        timeout=fault.idle_seconds,
    )

    raised = await _raised_by(client)
    await client.aclose()

    assert raised == fault.client


def _without_long_pauses() -> None:
    model = chat_model(None)  # the one that the run will be given
    assert isinstance(model, GeminiChat)
    model.first_retry_seconds = 0.01


def _shown(events: list[StoredEvent]) -> list[tuple[str, str]]:
    told = "".join(event.delta for event in of_type(events, MessageDelta))
    ends: list[tuple[str, str]] = [(event.status, event.content) for event in of_type(events, MessageComplete)]
    assert told == "".join(content for _, content in ends)
    return ends


def _attempts(google: GeminiServer, caplog: pytest.LogCaptureFixture) -> int:
    """Count the requests, or what was logged of attempts that never became one."""
    return len(google.requests) or 1 + sum("attempt" in record.getMessage() for record in caplog.records)


async def _raised_by(client: ChatGoogleGenerativeAI) -> str | None:
    try:
        async for _ in client.astream("When?"):
            pass
    except Exception as error:  # noqa: BLE001 — its name is what is asked for
        return type(error).__name__
    return None
