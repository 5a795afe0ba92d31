"""From what a project exports (graph, builder, factory) to a compiled graph that is open for one run.

A static graph is never rebuilt or changed. A factory is called anew for every run.
"""

import inspect
import typing
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig
from langgraph.graph import StateGraph
from langgraph.pregel import Pregel
from langgraph.store.base import BaseStore
from langgraph.store.memory import InMemoryStore
from langgraph_sdk import runtime as sdk_runtime

AnyGraph = Pregel[Any, Any, Any, Any]
Factory = Callable[..., Any]

Access = Literal["threads.create_run", "threads.update", "threads.read", "assistants.read"]
"""Why a factory is called, in the words of LangGraph's `ServerRuntime`."""


class NotAGraph(TypeError):
    """What was exported, or what a factory gave, is no LangGraph graph."""


def static_graph(exported: object) -> AnyGraph | None:
    """Give the compiled graph of an export, compiling a builder; None for a factory.

    Raises:
        NotAGraph: It is neither.
    """
    if isinstance(exported, Pregel):
        return exported
    if isinstance(exported, StateGraph):
        return exported.compile()
    if callable(exported) and not inspect.isclass(exported):
        return None
    message = f"{type(exported).__name__} is not a graph, a StateGraph or a function that gives one"
    raise NotAGraph(message)


@asynccontextmanager
async def open_factory(
    factory: Factory,
    config: RunnableConfig,
    *,
    access: Access,
    context: object = None,
    store: BaseStore | None = None,
) -> AsyncIterator[AnyGraph]:
    """Call a factory, async or not, context manager or not, and keep its graph open.

    Raises:
        NotAGraph: It gave something else, or asks for arguments that nobody gives.
    """
    made = factory(
        **_arguments(factory, config, _server_runtime(access, context, InMemoryStore() if store is None else store))
    )
    if inspect.isasyncgen(made):  # a generator that its author forgot to decorate
        made = asynccontextmanager(lambda: made)()
    async with _as_context(await made if isinstance(made, Awaitable) else made) as exported:
        graph = static_graph(exported)
        if graph is None:
            message = "the factory gave another function instead of a graph"
            raise NotAGraph(message)
        yield graph


def _as_context(made: Any) -> AbstractAsyncContextManager[Any]:
    if isinstance(made, Pregel | StateGraph):
        return nullcontext(made)
    if isinstance(made, AbstractAsyncContextManager):
        return made
    if isinstance(made, AbstractContextManager):
        return _entered(made)
    return nullcontext(made)


@asynccontextmanager
async def _entered(manager: AbstractContextManager[Any]) -> AsyncIterator[Any]:
    with manager as value:
        yield value


def _arguments(factory: Factory, config: RunnableConfig, runtime: object) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for parameter, annotation in _parameters(factory):
        if "ServerRuntime" in annotation or parameter.name == "runtime":
            arguments[parameter.name] = runtime
        elif (
            "RunnableConfig" in annotation or parameter.name == "config" or parameter.default is inspect.Parameter.empty
        ):
            arguments[parameter.name] = config
    if len(arguments) > 2:
        message = f"the factory asks for {', '.join(arguments)}; it may have a config and a ServerRuntime"
        raise NotAGraph(message)
    return arguments


def _parameters(factory: Factory) -> list[tuple[inspect.Parameter, str]]:
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    try:
        hints = typing.get_type_hints(factory)
    except (NameError, TypeError, AttributeError):
        hints = {}  # annotations that only exist for type checkers: their text has to do
    return [
        (parameter, str(hints.get(parameter.name, parameter.annotation)))
        for parameter in inspect.signature(factory).parameters.values()
        if parameter.kind not in variadic
    ]


def _server_runtime(access: Access, context: object, store: BaseStore) -> object:
    # The SDK gives no public way to construct one; both classes are the halves of its `ServerRuntime`.
    if access == "threads.create_run":
        return sdk_runtime._ExecutionRuntime(access_context=access, store=store, context=context)
    return sdk_runtime._ReadRuntime(access_context=access, store=store)
