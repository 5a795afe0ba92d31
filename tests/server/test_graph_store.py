"""The store that graphs share: its file, its threads, what a `langgraph.json` may ask of it."""

import asyncio
import json
import logging
import os
import sqlite3
import stat
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.base import PutOp
from langgraph.store.memory import InMemoryStore

from cantata.graphs.project import Project, ProjectError, read_project
from cantata.graphs.store_config import TTLConfig
from cantata.server.persistence.graph_store import GraphStore
from cantata.server.persistence.stores import open_store

NAMESPACE = ("users", "ada")
EMBED = """
def by_letters(texts):
    return [[text.lower().count(letter) + 0.01 for letter in "aeiou"] for text in texts]

async def later(texts):
    return by_letters(texts)

word = "no function"
"""
OWN = """
from contextlib import asynccontextmanager, contextmanager
from langgraph.store.memory import InMemoryStore

made = []
ready = InMemoryStore()

def plain():
    return InMemoryStore()

async def later():
    return InMemoryStore()

@asynccontextmanager
async def managed():
    made.append("opened")
    yield InMemoryStore()
    made.append("closed")

@contextmanager
def held():
    yield InMemoryStore()

def wrong():
    return {}

def broken():
    raise OSError("no such host")
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[GraphStore]:
    """Give a plain store."""
    opened = GraphStore(tmp_path / "cantata.store.db")
    yield opened
    await opened.close()


def project(folder: Path, store: Any) -> Project:
    (folder / "vectors.py").write_text(EMBED)
    (folder / "own.py").write_text(OWN)
    (folder / "langgraph.json").write_text(json.dumps({"graphs": {}, "store": store}))
    return read_project(folder / "langgraph.json")


def modes_of(folder: Path) -> set[int]:
    return {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


async def test_a_store_in_a_file_outlives_its_process(tmp_path: Path) -> None:
    path = tmp_path / "cantata.store.db"
    async with open_store(None, path) as first:
        await first.aput(NAMESPACE, "colour", {"name": "green"})
        modes = modes_of(tmp_path)

    async with open_store(None, path) as second:
        found = await second.aget(NAMESPACE, "colour")

    assert found is not None
    assert found.value == {"name": "green"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert modes == {0o600}


async def test_a_file_that_is_no_store_is_named_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "cantata.store.db"
    path.write_bytes(b"no database" * 100)

    async with open_store(None, path) as store:
        with pytest.raises(sqlite3.DatabaseError, match="not a database") as failed:
            await store.aget(NAMESPACE, "a")
        path.unlink()

        await store.aput(NAMESPACE, "a", {})

    assert failed.value.__notes__ == [f"The store of the graphs is {path}."]


async def test_nothing_is_opened_before_the_first_use(tmp_path: Path) -> None:
    before = threading.active_count()

    async with open_store(None, tmp_path / "cantata.store.db"):
        assert threading.active_count() == before

    assert os.listdir(tmp_path) == []


async def test_closing_leaves_no_thread(tmp_path: Path) -> None:
    async with open_store(None, tmp_path / "cantata.store.db") as store:
        await store.aput(NAMESPACE, "a", {})

    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("cantata-store")] == []


async def test_a_thread_uses_the_store_as_a_sync_node_does(store: GraphStore) -> None:
    def node() -> list[str]:
        store.put(NAMESPACE, "a", {"n": 1})
        store.put(NAMESPACE, "b", {"n": 2})
        store.delete(NAMESPACE, "a")
        return [item.key for item in store.search(("users",))]

    assert await asyncio.to_thread(node) == ["b"]
    assert await store.alist_namespaces() == [NAMESPACE]


async def test_another_loop_uses_the_store(store: GraphStore) -> None:
    await asyncio.to_thread(lambda: asyncio.run(store.aput(NAMESPACE, "a", {"n": 1})))

    assert await store.aget(NAMESPACE, "a") is not None


async def test_a_synchronous_call_on_the_loop_says_what_to_write_instead(store: GraphStore) -> None:
    with pytest.raises(RuntimeError, match=r"await store\.aget"):
        store.get(NAMESPACE, "a")


async def test_a_value_that_cannot_be_stored_harms_only_its_own_caller(store: GraphStore) -> None:
    async def put(value: Any) -> BaseException | None:
        try:
            await store.aput(NAMESPACE, str(value), {"value": value})
        except TypeError as error:
            return error
        return None

    async with asyncio.TaskGroup() as tasks:
        good, bad = tasks.create_task(put(1)), tasks.create_task(put(object()))

    assert good.result() is None
    assert isinstance(bad.result(), TypeError)
    assert await store.aget(NAMESPACE, "1") is not None


async def test_a_cancelled_caller_leaves_the_store_usable(store: GraphStore) -> None:
    await store.aput(NAMESPACE, "first", {})
    async with asyncio.TaskGroup() as tasks:
        putting = [tasks.create_task(store.aput(NAMESPACE, f"{n}", {"n": n})) for n in range(50)]
        await asyncio.wait(putting, return_when=asyncio.FIRST_COMPLETED)
        for task in putting:
            task.cancel()

    await store.aput(NAMESPACE, "last", {})

    assert await store.aget(NAMESPACE, "last") is not None


async def test_a_commit_that_failed_does_not_hinder_the_next(store: GraphStore) -> None:
    await store.aput(NAMESPACE, "a", {"text": "x"})
    pages = (await _pragma(store, "page_count"))[0]
    await _pragma(store, f"max_page_count = {pages}")  # the disk is full
    with pytest.raises(sqlite3.Error, match="full"):
        await store.aput(NAMESPACE, "b", {"text": "x" * 100_000})
    await _pragma(store, "max_page_count = 100000")

    await store.aput(NAMESPACE, "c", {"text": "y"})

    assert await store.aget(NAMESPACE, "c") is not None
    assert await store.aget(NAMESPACE, "b") is None


async def _pragma(store: GraphStore, words: str) -> tuple[Any, ...]:
    return await asyncio.to_thread(
        lambda: store._thread.submit(lambda: store._open().conn.execute(f"PRAGMA {words}").fetchone()).result()
    )


async def test_what_has_expired_is_swept(tmp_path: Path) -> None:
    path = tmp_path / "cantata.store.db"
    store = GraphStore(path, ttl=TTLConfig(default_ttl=10))
    await store.aput(NAMESPACE, "default", {})
    await store.aput(NAMESPACE, "kept", {}, ttl=None)
    await store.aput(NAMESPACE, "longer", {}, ttl=60)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE store SET expires_at = datetime(expires_at, '-20 minutes')")
    connection.close()

    swept = await store.sweep()

    assert swept == 1
    assert {item.key for item in await store.asearch(NAMESPACE)} == {"kept", "longer"}
    await store.close()


@pytest.mark.parametrize(("refreshes", "is_later"), [(True, True), (False, False)])
async def test_reading_postpones_expiry_unless_told_not_to(tmp_path: Path, refreshes: bool, is_later: bool) -> None:
    path = tmp_path / "cantata.store.db"
    store = GraphStore(path, ttl=TTLConfig(default_ttl=10, refresh_on_read=refreshes))
    await store.aput(NAMESPACE, "a", {})
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE store SET expires_at = datetime(expires_at, '-5 minutes')")
        (before,) = connection.execute("SELECT expires_at FROM store").fetchone()
        connection.commit()
        await store.aget(NAMESPACE, "a")
        (after,) = connection.execute("SELECT expires_at FROM store").fetchone()
    connection.close()

    assert (after > before) is is_later
    await store.close()


async def test_the_interval_sweeps_by_itself(tmp_path: Path) -> None:
    class Swept(GraphStore):
        swept: asyncio.Event

        async def sweep(self) -> int:
            count = await super().sweep()
            if count:
                self.swept.set()
            return count

    store = Swept(tmp_path / "cantata.store.db", ttl=TTLConfig(default_ttl=0.0001, sweep_interval_minutes=0.0005))
    store.swept = asyncio.Event()
    await store.aput(NAMESPACE, "a", {})

    async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
        sweeping = tasks.create_task(store.sweep_regularly())
        await store.swept.wait()
        sweeping.cancel()

    assert await store.asearch(NAMESPACE) == []

    await store.close()


@pytest.mark.parametrize("function", ["by_letters", "later"])
async def test_an_index_finds_by_meaning(tmp_path: Path, function: str) -> None:
    index = {"embed": f"./vectors.py:{function}", "dims": 5}
    async with open_store(project(tmp_path, {"index": index}), tmp_path / "s.db") as store:
        await store.aput(NAMESPACE, "a", {"text": "banana"})
        await asyncio.to_thread(store.put, NAMESPACE, "o", {"text": "oolong"})

        found = await store.asearch(NAMESPACE, query="follow")
        from_thread = await asyncio.to_thread(lambda: store.search(NAMESPACE, query="papaya"))

    assert [item.key for item in found] == ["o", "a"]
    assert [item.key for item in from_thread] == ["a", "o"]


async def test_many_sync_nodes_at_once_do_not_take_the_threads_that_embedding_needs(tmp_path: Path) -> None:
    """They wait in the loop's own threads, of which there are few."""
    index = {"embed": "./vectors.py:by_letters", "dims": 5}
    async with open_store(project(tmp_path, {"index": index}), tmp_path / "s.db") as store:
        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            for number in range(100):
                tasks.create_task(asyncio.to_thread(store.put, NAMESPACE, f"{number}", {"text": "banana"}))

        assert len(await store.asearch(NAMESPACE, limit=200)) == 100


async def test_an_index_embeds_only_the_fields_it_names(tmp_path: Path) -> None:
    index = {"embed": "./vectors.py:by_letters", "dims": 5, "fields": ["text"]}
    async with open_store(project(tmp_path, {"index": index}), tmp_path / "s.db") as store:
        await store.aput(NAMESPACE, "a", {"text": "banana", "noise": "oooooooooooooo"})
        await store.aput(NAMESPACE, "o", {"text": "oolong", "noise": "aaaaaaaaaaaaaa"})

        found = await store.asearch(NAMESPACE, query="papaya")

    assert found[0].key == "a"


async def test_a_vector_of_another_size_is_refused_when_it_is_stored(tmp_path: Path) -> None:
    index = {"embed": "./vectors.py:by_letters", "dims": 3}
    async with open_store(project(tmp_path, {"index": index}), tmp_path / "s.db") as store:
        with pytest.raises(ValueError, match=r"store\.index\.dims is 3, but the embedding has 5 numbers"):
            await store.aput(NAMESPACE, "a", {"text": "banana"})

        await store.aput(NAMESPACE, "a", {"text": "banana"}, index=False)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ("memory", "store: Expected `object`, got `str`"),
        ({"index": {"embed": "./vectors.py:by_letters"}}, "missing required field `dims` - at `store.index`"),
        ({"index": {"embed": "by_letters", "dims": 5}}, "at `store.index.embed`"),
        ({"index": {"embed": "./vectors.py:by_letters", "dims": 0}}, "Expected `int` >= 1 - at `store.index.dims`"),
        ({"ttl": {"default_ttl": -1}}, "Expected `float` > 0.0 - at `store.ttl.default_ttl`"),
        ({"indices": {}}, "unknown field `indices`"),
    ],
)
def test_a_section_of_the_wrong_form_is_named(tmp_path: Path, section: Any, words: str) -> None:
    with pytest.raises(ProjectError) as refused:
        project(tmp_path, section)

    assert words in str(refused.value)
    assert "langgraph.json" in str(refused.value)


@pytest.mark.parametrize(
    ("embed", "words"),
    [
        ("./missing.py:f", "missing.py does not exist"),
        ("./vectors.py:missing", "no variable named missing"),
        ("./vectors.py:word", "neither a function nor LangChain's Embeddings"),
        ("nobody:knows", "nobody:knows cannot be used"),
        ("cohere:embed-v9", "langchain-cohere"),
    ],
)
async def test_embeddings_that_cannot_be_had_stop_the_start(tmp_path: Path, embed: str, words: str) -> None:
    asked = project(tmp_path, {"index": {"embed": embed, "dims": 5}})

    with pytest.raises(ProjectError, match=r"store\.index\.embed") as refused:
        async with open_store(asked, tmp_path / "s.db"):
            pass

    assert words in str(refused.value)


async def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "langchain.embeddings", None)
    asked = project(tmp_path, {"index": {"embed": "openai:text-embedding-3-small", "dims": 5}})

    with pytest.raises(ProjectError, match="needs the package langchain:"):
        async with open_store(asked, tmp_path / "s.db"):
            pass


@pytest.mark.parametrize("variable", ["ready", "plain", "later", "managed", "held"])
async def test_a_project_brings_its_own_store(tmp_path: Path, variable: str) -> None:
    async with open_store(project(tmp_path, {"path": f"./own.py:{variable}"}), tmp_path / "s.db") as store:
        assert isinstance(store, InMemoryStore)
        await store.abatch([PutOp(NAMESPACE, "a", {})])

    assert not (tmp_path / "s.db").exists()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("./own.py:wrong", "gives dict, which is no LangGraph store"),
        ("./own.py:broken", "failed: OSError: no such host"),
        ("./own.py:missing", "no variable named missing"),
    ],
)
async def test_an_own_store_that_cannot_be_had_stops_the_start(tmp_path: Path, target: str, words: str) -> None:
    with pytest.raises(ProjectError, match=r"store\.path") as refused:
        async with open_store(project(tmp_path, {"path": target}), tmp_path / "s.db"):
            pass

    assert words in str(refused.value)


def test_the_store_is_no_unused_key(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        project(tmp_path, {})

    assert caplog.text == ""
