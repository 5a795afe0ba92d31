"""What `callbacks.graph_writer` promises of LangGraph's private keys: each word at once, in order, with its speaker.

If one of these fails after an update of LangGraph, the keys no longer mean what the module says; the fallback is the
stream mode "custom", which knows no speaker.
"""

from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_store, get_stream_writer
from langgraph.func import entrypoint, task
from langgraph.runtime import Runtime
from langgraph.store.memory import InMemoryStore
from langgraph.types import StreamWriter

from cantata.callbacks.graph_writer import seeded
from tests.support.graphs import NOTHING, Log, by_hand, chain, chain_without_checkpointer, fan_out, nested, parallel


class Notebook(BaseCallbackHandler):
    """Writes down what is heard, beside the starts and ends of the nodes."""

    run_inline = True

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._nodes: dict[UUID, str] = {}

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        node = (kwargs.get("metadata") or {}).get("langgraph_node", "root")
        self._nodes[run_id] = node
        self.lines.append(f"{node} begins")

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        self.lines.append(f"{self._nodes[run_id]} ends")

    def hear(self, value: Any, run_id: UUID | None) -> None:
        self.lines.append(f"{self._nodes[run_id] if run_id else '?'} says {value}")

    @property
    def said(self) -> list[str]:
        return [line for line in self.lines if " says " in line]


async def heard(graph: Any, given: Any = NOTHING) -> Notebook:
    notebook = Notebook()
    configurable = seeded({"thread_id": "thread"}, notebook.hear)
    await graph.ainvoke(given, {"callbacks": [notebook], "configurable": configurable})
    return notebook


async def speaks(state: Log) -> Any:
    get_stream_writer()("one")
    get_stream_writer()("two")
    return NOTHING


def speaks_in_thread(state: Log) -> Any:
    get_stream_writer()("one")
    return NOTHING


async def speaks_by_argument(state: Log, writer: StreamWriter) -> Any:
    writer("one")
    return NOTHING


async def test_words_are_heard_inside_their_node_and_in_order() -> None:
    notebook = await heard(chain(a=speaks, b=speaks))

    assert notebook.lines == [
        "root begins",
        *("a begins", "a says one", "a says two", "a ends"),
        *("b begins", "b says one", "b says two", "b ends"),
        "root ends",
    ]


async def test_a_sync_node_is_heard_from_its_thread() -> None:
    notebook = await heard(chain(a=speaks_in_thread))

    assert notebook.said == ["a says one"]


async def test_a_node_may_take_the_writer_as_an_argument() -> None:
    notebook = await heard(chain(a=speaks_by_argument))

    assert notebook.said == ["a says one"]


async def test_a_nested_graphs_node_speaks_for_itself() -> None:
    notebook = await heard(nested(chain(inner=speaks)))

    assert notebook.said == ["inner says one", "inner says two"]


async def test_a_graph_invoked_by_hand_is_heard() -> None:
    notebook = await heard(chain(a=by_hand(chain(inner=speaks))))

    assert notebook.said == ["inner says one", "inner says two"]


async def test_a_graph_with_checkpoints_is_heard() -> None:
    graph = nested(chain(inner=speaks))
    graph.checkpointer = InMemorySaver()

    notebook = await heard(graph)

    assert notebook.said == ["inner says one", "inner says two"]


async def test_a_nested_graph_without_checkpointer_is_heard() -> None:
    notebook = await heard(nested(chain_without_checkpointer(inner=speaks)))

    assert notebook.said == ["inner says one", "inner says two"]


async def test_parallel_nodes_are_heard_each_under_its_name() -> None:
    notebook = await heard(parallel(a=speaks, b=speaks_in_thread))

    assert sorted(notebook.said) == ["a says one", "a says two", "b says one"]


async def test_sent_tasks_are_heard() -> None:
    async def each(state: Any) -> Any:
        get_stream_writer()(state["item"])
        return NOTHING

    notebook = await heard(fan_out(3, each))

    assert sorted(notebook.said) == ["each says 0", "each says 1", "each says 2"]


async def test_the_functional_api_is_heard() -> None:
    @task
    async def inner() -> None:
        get_stream_writer()("task")

    @entrypoint()
    async def flow(given: Any) -> None:
        get_stream_writer()("flow")
        await inner()

    notebook = await heard(flow, "go")

    assert notebook.said == ["flow says flow", "inner says task"]


async def test_the_configurable_of_the_caller_is_left_alone() -> None:
    configurable = {"thread_id": "thread"}

    added = seeded(configurable, lambda value, run_id: None)

    assert configurable == {"thread_id": "thread"}
    assert added["thread_id"] == "thread"


async def test_the_graphs_context_still_reaches_its_nodes() -> None:
    """The seeded runtime must not hide the one that LangGraph fills."""
    seen: list[Any] = []

    async def looks(state: Log, runtime: Runtime[Any]) -> Any:
        seen.append(runtime.context)
        return NOTHING

    notebook = Notebook()
    configurable = seeded({}, notebook.hear)
    await chain(a=looks).ainvoke(NOTHING, {"configurable": configurable}, context={"model": "m"})

    assert seen == [{"model": "m"}]


async def test_the_store_reaches_the_nodes_and_the_graphs_in_them() -> None:
    """The seeded runtime hides the store that a graph was compiled with, so it has to bring one."""
    seen: list[Any] = []
    store = InMemoryStore()

    async def looks(state: Log, runtime: Runtime[Any]) -> Any:
        seen.append((runtime.store, get_store()))
        return NOTHING

    configurable = seeded({}, Notebook().hear, store)
    await chain(outer=looks, team=chain(inner=looks)).ainvoke(NOTHING, {"configurable": configurable})

    assert seen == [(store, store), (store, store)]
