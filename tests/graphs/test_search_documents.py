"""The bundled documents and their search: any words are only words."""

import asyncio
import re

import pytest
from pydantic import ValidationError

from cantata.graphs.data import documents
from cantata.graphs.tools.search_documents import search_documents


def test_every_document_has_its_own_id_a_title_and_some_sentences() -> None:
    found = documents.all_documents()

    assert len({document.id for document in found}) == len(found) >= 40
    assert all(re.fullmatch(r"[a-z]+-\d{2}", document.id) for document in found)
    assert all(document.title and document.text.count(".") >= 2 for document in found)


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("The history of the lighthouse", "lighthouses-01"),
        ("tea in China", "tea-04"),
        ("What makes bees important for crops?", "bees-05"),
        ("how do agents call tools", "agents-02"),
        ("tea-02", "tea-02"),
    ],
)
async def test_the_best_document_comes_first_with_the_id_to_cite(query: str, best: str) -> None:
    assert (await search_documents.ainvoke({"query": query})).startswith(f"[{best}] ")


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "'; DROP TABLE documents; --",
        'tea" OR "',
        "NEAR(tea coffee, 2)",
        "title:tea AND NOT *",
        "^tea -coffee {id title}: *",
        "(((",
        "\x00tea",
        "日本語 ☕",
        "a" * 500,
    ],
)
async def test_the_syntax_of_the_search_engine_is_only_words(query: str) -> None:
    told = await search_documents.ainvoke({"query": query})

    assert told.startswith(("[", "No document is about"))
    assert len(documents.all_documents()) >= 40


async def test_what_no_document_is_about_is_said_with_their_subjects() -> None:
    told = await search_documents.ainvoke({"query": "quantum chromodynamics"})
    of_digits = await search_documents.ainvoke({"query": "2+3"})

    assert of_digits.startswith("No document is about '2+3'.")
    assert told.startswith("No document is about 'quantum chromodynamics'. Their subjects: agents, bees")


async def test_as_many_documents_are_found_as_asked_for() -> None:
    told = await search_documents.ainvoke({"query": "rivers", "limit": 2})

    assert len(told.splitlines()) == 2


@pytest.mark.parametrize("given", [{}, {"query": ""}, {"query": "tea", "limit": 0}, {"query": "tea", "limit": 999}])
async def test_arguments_out_of_bounds_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        await search_documents.ainvoke(given)


async def test_many_threads_search_at_once_and_find_the_same() -> None:
    async with asyncio.TaskGroup() as group:
        searches = [group.create_task(asyncio.to_thread(documents.search, "honey", 3)) for _ in range(64)]

    assert len({tuple(search.result()) for search in searches}) == 1
