"""What is secret is in nothing that is sent, wherever in a run it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langsmith import traceable

from cantata.callbacks.redaction import MASK
from tests.support.graphs import Log, asks, chain, says, wrote
from tests.support.scripted import call, scripted, text, used
from tests.support.traced_shapes import agent
from tests.support.tracing import ALL, traced_server

pytestmark = pytest.mark.anyio

CONFIGURED = "canary-configured-1f9b"
"""A secret that no pattern knows: it is one of the server's own."""
PATTERNED = "sk-proj-canaryPatterned000000000000"
CANARIES = (CONFIGURED, PATTERNED)
CARGO = f"Use {CONFIGURED} and {PATTERNED}."


class Shelf(BaseRetriever):
    """Finds one document, which holds the secrets."""

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        return [Document(CARGO, metadata={"password": "hunter2-hunter2"})]


@traceable
def looked_up(key: str) -> str:
    return f"looked up with {key}"


async def search(state: Log) -> Any:
    found = await Shelf().ainvoke(CARGO)
    return wrote(found[0].page_content + looked_up(CARGO))


async def raises(state: Log) -> Any:
    raise ValueError(f"could not log in: {CARGO}")


FLOWS = {
    "speaks": chain(speak=says(scripted([CARGO, used(9, 4)]), CARGO)),
    "searches": chain(search=search),
    "raises": chain(fail=raises),
    "asks": chain(ask=asks(CARGO)),
    "calls": agent(scripted([call("population", {"city": CARGO, "api_key": "hunter2-hunter2"})], [text(CARGO)])),
}
GIVEN = {"calls": {"messages": [{"role": "user", "content": CARGO}]}}


@pytest.mark.parametrize("flow", FLOWS)
async def test_no_canary_is_sent(tmp_path: Path, flow: str) -> None:
    options: Any = {"otel_instrumentation_genai_capture_message_content": True}
    async with traced_server(tmp_path, FLOWS, *ALL, secrets=[CONFIGURED], **options) as (server, receiver):
        given = GIVEN.get(flow, {"log": [CARGO]})
        run = await server.start(flow, given, metadata={"note": CARGO, "password": "hunter2-hunter2"})
        await server.ended(run)

    sent = receiver.everything()
    assert len(receiver.bodies) >= 3
    assert MASK in sent
    assert [canary for canary in (*CANARIES, "hunter2") if canary in sent] == []


async def test_a_traceable_function_nests_and_is_masked(tmp_path: Path) -> None:
    async with traced_server(tmp_path, FLOWS, "langsmith", secrets=[CONFIGURED]) as (server, receiver):
        run = await server.start("searches", {"log": []})
        workflow = await server.ended(run)

    seen = {thing.name: thing for thing in receiver.runs(workflow["trace"]["trace_id"])}
    assert seen["looked_up"].parent == seen["search"].id
    assert seen["Shelf"].kind == "retriever"
    assert seen["looked_up"].members["inputs"] == {"key": f"Use {MASK} and {MASK}."}


async def test_a_retriever_is_an_observation(tmp_path: Path) -> None:
    async with traced_server(tmp_path, FLOWS, "langfuse") as (server, receiver):
        workflow = await server.ended(await server.start("searches", {"log": []}))

    seen = {thing.name: thing for thing in receiver.langfuse(workflow["trace"]["trace_id"])}
    assert (seen["Shelf"].kind, seen["Shelf"].parent) == ("retriever", seen["search"].id)
    assert json.loads(seen["Shelf"].members["langfuse.observation.output"])[0]["metadata"] == {"password": MASK}


async def test_what_is_too_long_is_cut(tmp_path: Path) -> None:
    """A book in a state would else be sent with each node that sees it."""
    flow = chain(speak=says(scripted(["Fine."])))
    async with traced_server(tmp_path, {"flow": flow}, "langsmith", "langfuse") as (server, receiver):
        await server.ended(await server.start("flow", {"log": ["word " * 200_000]}))

    assert len(receiver.everything()) < 4_000_000
    assert "[1000012 bytes in all]" in receiver.everything()
