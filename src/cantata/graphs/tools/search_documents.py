"""A full-text search in the documents that come with Cantata."""

import asyncio

from langchain_core.tools import tool
from pydantic import BaseModel, Field

from cantata.graphs.data import documents

MAX_RESULTS = 10


class SearchInput(BaseModel):
    """The search's arguments."""

    query: str = Field(description="A topic or a question in a few words.", min_length=1, max_length=500)
    limit: int = Field(4, description="Documents at most.", ge=1, le=MAX_RESULTS)


@tool(args_schema=SearchInput)
async def search_documents(query: str, limit: int = 4) -> str:
    """Search the bundled documents. Each result begins with the id to cite it by, such as [tea-02]."""
    found = await asyncio.to_thread(documents.search, query, limit)
    if not found:
        return f"No document is about {query.strip()!r}. Their subjects: {', '.join(documents.subjects())}."
    return "\n".join(f"[{document.id}] {document.title}: {document.text}" for document in found)
