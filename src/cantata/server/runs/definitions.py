"""Workflows that clients store: checked when they are stored, found by name when a run is asked for."""

import asyncio
from dataclasses import replace
from typing import Any

from cantata.graphs.json_schemas import BadSchema, check_schema, faults
from cantata.graphs.registry import RESERVED_NAMES, GraphRegistry
from cantata.graphs.spec import BadSpec, check_agents
from cantata.server.errors import DefinitionNotFound, Invalid, NameTaken, UnknownGraph
from cantata.server.runs.ports.definitions import Content, Definition, DefinitionStore
from cantata.server.runs.requests import RunRequest, SpecLimits, bad_spec, invalid


class Definitions:
    """The stored workflows of every owner, beside the graphs that all share."""

    def __init__(self, store: DefinitionStore, graphs: GraphRegistry, limits: SpecLimits) -> None:
        self._store = store
        self._graphs = graphs
        self._limits = limits

    async def add(self, owner: str, name: str, content: Content, *, is_new: bool) -> Definition:
        """Store the next version of *name*.

        Raises:
            NameTaken, DefinitionNotFound: see the store; a graph's name is taken, too.
            Invalid: the spec or the input schema cannot be used.
        """
        if name in RESERVED_NAMES:
            raise NameTaken(f"The name {name!r} is reserved: take another one.")
        if is_new and name in self._graphs:
            raise NameTaken(f"A graph is named {name!r}: take another name.")
        await asyncio.to_thread(self._check, content)
        return await self._store.add(owner, name, content, is_new=is_new)

    async def versions(self, owner: str, name: str) -> list[Definition]:
        """Return all versions, newest first.

        Raises:
            DefinitionNotFound: there is none, or it is retired.
        """
        versions = await self._store.versions(owner, name)
        if not versions or versions[0].is_retired:
            raise DefinitionNotFound(f"No workflow is named {name!r}: GET /api/coordinator/workflows lists them.")
        return versions

    async def all(self, owner: str) -> list[Definition]:
        """Return the newest versions, by name."""
        return await self._store.all(owner)

    async def retire(self, owner: str, name: str) -> None:
        """Let nobody start it any more; what runs goes on.

        Raises:
            DefinitionNotFound: there is none, or it is retired already.
        """
        await self._store.retire(owner, name)

    async def resolved(self, owner: str, request: RunRequest) -> RunRequest:
        """Put the definition that *request* names into it, unless it names a graph or brings its own.

        Raises:
            UnknownGraph: it names nothing that is there.
            Invalid: the input does not fit the definition's schema.
        """
        is_settled = request.definition is not None or request.fork is not None  # which keeps its origin's
        if is_settled or request.graph in self._graphs:
            return request
        found = await self._store.newest(owner, request.graph)
        if found is None:
            known = ", ".join(await self.names(owner))
            raise UnknownGraph(f"No graph or stored workflow is named {request.graph!r}: there are {known}.")
        if found.input_schema is not None:
            await asyncio.to_thread(check_value, request.input, found.input_schema, request.input_name)
        return replace(request, definition=found.spec, version=found.version, is_value=True)

    async def names(self, owner: str) -> list[str]:
        """List what can be run by name."""
        return sorted({*self._graphs.names(), *(found.name for found in await self._store.all(owner))})

    def _check(self, content: Content) -> None:
        try:
            check_agents(self._limits.parsed(content.spec), self._graphs.agents())
            self._graphs.find("", content.spec)  # compiled once, so that the first run need not wait for it
        except BadSpec as error:
            raise bad_spec(error, "spec") from error
        if content.input_schema is not None:
            try:
                check_schema(content.input_schema)
            except BadSchema as error:
                raise invalid("input_schema", str(error)) from error


def check_value(value: Any, schema: dict[str, Any], path: str) -> None:
    """Hold a value that a client sent at *path* against *schema*.

    Raises:
        Invalid: it breaks the schema, at the paths that the errors name.
    """
    try:
        found = faults(value, schema)
    except BadSchema as error:
        raise invalid(path, f"This cannot be checked. {error}") from error
    if found:
        raise Invalid.fields([(f"{path}.{place}".rstrip("."), message) for place, message in found])
