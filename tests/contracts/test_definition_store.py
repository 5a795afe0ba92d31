"""What every `DefinitionStore` promises: versions that never change, and names that belong to their owner."""

import asyncio
from typing import Any

import pytest

from cantata.server.errors import DefinitionNotFound, NameTaken
from cantata.server.runs.ports.definitions import Content
from tests.support.backends import Backend


def content(step: str = "a", **members: Any) -> Content:
    return Content(spec={"type": "sequential", "steps": [{"agent": step}]}, **members)


async def test_a_stored_workflow_is_found_as_it_was_stored(backend: Backend) -> None:
    schema = {"type": "string"}

    stored = await backend.definitions.add("ada", "essay", content(description="d", input_schema=schema), is_new=True)

    assert await backend.definitions.newest("ada", "essay") == stored
    assert (stored.version, stored.description, stored.input_schema) == (1, "d", schema)
    assert stored.spec == content().spec


async def test_a_name_is_stored_once(backend: Backend) -> None:
    await backend.definitions.add("ada", "essay", content(), is_new=True)

    with pytest.raises(NameTaken):
        await backend.definitions.add("ada", "essay", content("b"), is_new=True)

    assert [one.version for one in await backend.definitions.versions("ada", "essay")] == [1]


async def test_a_new_version_leaves_the_old_one(backend: Backend) -> None:
    first = await backend.definitions.add("ada", "essay", content(), is_new=True)
    second = await backend.definitions.add("ada", "essay", content("b"), is_new=False)

    assert await backend.definitions.versions("ada", "essay") == [second, first]
    assert await backend.definitions.newest("ada", "essay") == second
    assert await backend.definitions.all("ada") == [second]


async def test_there_is_no_new_version_of_nothing(backend: Backend) -> None:
    with pytest.raises(DefinitionNotFound):
        await backend.definitions.add("ada", "essay", content(), is_new=False)


async def test_what_is_retired_is_gone_but_for_its_versions(backend: Backend) -> None:
    await backend.definitions.add("ada", "essay", content(), is_new=True)

    await backend.definitions.retire("ada", "essay")

    assert await backend.definitions.newest("ada", "essay") is None
    assert await backend.definitions.all("ada") == []
    assert [one.is_retired for one in await backend.definitions.versions("ada", "essay")] == [True]
    with pytest.raises(DefinitionNotFound):
        await backend.definitions.retire("ada", "essay")
    with pytest.raises(DefinitionNotFound):
        await backend.definitions.add("ada", "essay", content(), is_new=False)


async def test_a_retired_name_stored_again_goes_on_counting(backend: Backend) -> None:
    await backend.definitions.add("ada", "essay", content(), is_new=True)
    await backend.definitions.retire("ada", "essay")

    again = await backend.definitions.add("ada", "essay", content("b"), is_new=True)

    assert again.version == 2
    versions = await backend.definitions.versions("ada", "essay")
    assert [(one.version, one.is_retired) for one in versions] == [(2, False), (1, True)]
    assert await backend.definitions.all("ada") == [again]


async def test_names_belong_to_their_owner(backend: Backend) -> None:
    await backend.definitions.add("ada", "essay", content(), is_new=True)
    others = await backend.definitions.add("bob", "essay", content("b"), is_new=True)
    await backend.definitions.retire("ada", "essay")

    assert await backend.definitions.newest("bob", "essay") == others
    assert await backend.definitions.all("eve") == []
    assert await backend.definitions.versions("eve", "essay") == []
    with pytest.raises(DefinitionNotFound):
        await backend.definitions.retire("eve", "essay")


async def test_versions_made_at_once_are_all_kept(backend: Backend) -> None:
    await backend.definitions.add("ada", "essay", content(), is_new=True)

    async with asyncio.TaskGroup() as tasks:
        made = [
            tasks.create_task(backend.definitions.add("ada", "essay", content(f"a{n}"), is_new=False))
            for n in range(20)
        ]

    assert sorted(one.result().version for one in made) == list(range(2, 22))
